/** Thousands of slow streams at once: nothing is lost, nobody waits. */
import { runStreams } from "../rig/streams.ts";
import { requireWhole } from "./whole-streams.ts";
import { metricOf } from "./work-item.ts";
import type { WorkItem } from "./work-item.ts";

export const manyStreams: WorkItem = {
  name: "many-streams",
  title: "4,000 streams × 1 event/s on one core: first byte p99 over nginx's, no event lost",
  method:
    "every event counted at the client; one lost, made up or late past the deadline fails (short run: 1,000 streams)",
  goal: { target: 5, stretch: null, better: "lower", unit: "×" },
  needs: ["nginx", "ours"],
  alsoOf: [],
  shortRounds: 1,
  metrics: [
    { key: "firstByteP50Ms", label: "first byte p50 ms" },
    { key: "firstByteP99Ms", label: "p99 ms" },
    { key: "residentMb", label: "RSS MB" },
  ],
  measure: async (server, bench) => {
    const streams = bench.isFull ? 4_000 : 1_000;
    const plan = { streams, spacingMs: 1, rate: 1, settleMs: 500, windowMs: 2_000, durationMs: streams + 4_000 };
    return requireWhole(server, await runStreams(server, bench.providers, plan));
  },
  figure: (round) => metricOf(round, "ours", "firstByteP99Ms") / metricOf(round, "nginx", "firstByteP99Ms"),
};
