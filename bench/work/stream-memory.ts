/** What an open stream holds in memory. */
import { residentMb } from "../rig/process-facts.ts";
import { runStreams } from "../rig/streams.ts";
import { requireWhole } from "./whole-streams.ts";
import { metricOf } from "./work-item.ts";
import type { WorkItem } from "./work-item.ts";

export const streamMemory: WorkItem = {
  name: "stream-memory",
  title: "memory per 1,000 open streams",
  method:
    "a fresh process, warmed by 200 streams that have ended; growth of resident memory with 2,000 open (short run: 1,000), per 1,000",
  goal: { target: 50, stretch: 30, better: "lower", unit: "MB" },
  needs: ["ours"],
  alsoOf: ["nginx"],
  shortRounds: 1,
  metrics: [
    { key: "perThousandMb", label: "MB per 1,000" },
    { key: "residentMb", label: "RSS MB" },
  ],
  measure: async (shared, bench) => {
    const server = await bench.startFresh(shared.name);
    try {
      const pid = server.pid ?? 0;
      const warm = { streams: 200, spacingMs: 2, rate: 10, settleMs: 0, windowMs: 100, durationMs: 500 };
      requireWhole(server, await runStreams(server, bench.providers, warm));
      const beforeMb = residentMb(pid);
      const streams = bench.isFull ? 2_000 : 1_000;
      const plan = { streams, spacingMs: 1, rate: 1, settleMs: 1_000, windowMs: 1_000, durationMs: streams + 3_000 };
      const measured = requireWhole(server, await runStreams(server, bench.providers, plan));
      const openMb = measured["residentMb"] ?? Number.NaN;
      return { residentMb: openMb, perThousandMb: ((openMb - beforeMb) * 1_000) / streams };
    } finally {
      await server.stop();
    }
  },
  figure: (round) => metricOf(round, "ours", "perThousandMb"),
};
