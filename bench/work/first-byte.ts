/** What a stream's first event takes longer with a server in between. */
import { runStreams } from "../rig/streams.ts";
import { requireWhole } from "./whole-streams.ts";
import { metricOf } from "./work-item.ts";
import type { WorkItem } from "./work-item.ts";

export const firstByte: WorkItem = {
  name: "first-byte",
  title: "time to first byte added to a stream, 40 new streams a second, p50",
  method:
    "40 streams a second begin, each with 10 events over one second; p50 - direct p50, the first 80 streams not counted",
  goal: { target: 0.5, stretch: null, better: "lower", unit: "ms" },
  needs: ["direct", "ours"],
  alsoOf: ["nginx"],
  shortRounds: 2,
  metrics: [
    { key: "firstByteP50Ms", label: "first byte p50 ms" },
    { key: "firstByteP99Ms", label: "p99 ms" },
  ],
  measure: async (server, bench) => {
    const leadIn = 80;
    const streams = leadIn + 40 * (bench.isFull ? 8 : 2);
    const plan = { streams, leadIn, spacingMs: 25, rate: 10, settleMs: 0, windowMs: 100, durationMs: 1_000 };
    return requireWhole(server, await runStreams(server, bench.providers, plan));
  },
  figure: (round) => metricOf(round, "ours", "firstByteP50Ms") - metricOf(round, "direct", "firstByteP50Ms"),
};
