/** A megabyte of conversation that passes through unchanged. */
import { runWrk } from "../rig/wrk.ts";
import { metricOf, toSample } from "./work-item.ts";
import type { WorkItem } from "./work-item.ts";

export const largeBody: WorkItem = {
  name: "large-body",
  title: "1 MB body, same dialect, one connection, p50, over nginx's",
  method: "wrk, one connection, a conversation of 1 MB; nginx keeps the body in memory",
  goal: { target: 2, stretch: null, better: "lower", unit: "×" },
  needs: ["nginx", "ours"],
  alsoOf: ["direct", "portkey", "claude-code-router"],
  shortRounds: 3,
  metrics: [
    { key: "p50Us", label: "p50 µs" },
    { key: "cpuUsPerRequest", label: "CPU µs a request" },
  ],
  measure: async (server, bench) =>
    toSample(await runWrk(server, { kind: "whole", connections: 1, seconds: bench.isFull ? 3 : 1, bodyBytes: 1e6 })),
  figure: (round) => metricOf(round, "ours", "p50Us") / metricOf(round, "nginx", "p50Us"),
};
