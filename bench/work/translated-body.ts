/** A megabyte of conversation that is translated from Anthropic's dialect to OpenAI's. */
import { runWrk } from "../rig/wrk.ts";
import { metricOf, toSample } from "./work-item.ts";
import type { WorkItem } from "./work-item.ts";

export const translatedBody: WorkItem = {
  name: "translated-body",
  title: "1 MB body, translated, one connection, p50, over nginx's",
  method:
    "wrk, one connection, a conversation of 1 MB to an openai-chat provider; nginx passes the same bytes untranslated",
  goal: { target: 15, stretch: null, better: "lower", unit: "×" },
  needs: ["nginx", "ours"],
  alsoOf: ["claude-code-router"],
  shortRounds: 3,
  metrics: [
    { key: "p50Us", label: "p50 µs" },
    { key: "cpuUsPerRequest", label: "CPU µs a request" },
  ],
  measure: async (server, bench) =>
    toSample(
      await runWrk(server, { kind: "translated", connections: 1, seconds: bench.isFull ? 3 : 1, bodyBytes: 1e6 }),
    ),
  figure: (round) => metricOf(round, "ours", "p50Us") / metricOf(round, "nginx", "p50Us"),
};
