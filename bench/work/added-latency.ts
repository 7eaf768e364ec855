/** What a call takes longer with a server in between, one connection, 1 KB. */
import { runWrk } from "../rig/wrk.ts";
import { metricOf, toSample } from "./work-item.ts";
import type { WorkItem } from "./work-item.ts";

export const addedLatency: WorkItem = {
  name: "added-latency",
  title: "added latency p50, one connection, 1 KB, over nginx's",
  method: "wrk, one connection; (p50 - direct p50) / (nginx p50 - direct p50)",
  goal: { target: 2, stretch: 1.3, better: "lower", unit: "×" },
  needs: ["direct", "nginx", "ours"],
  alsoOf: ["portkey", "claude-code-router"],
  shortRounds: 3,
  metrics: [
    { key: "p50Us", label: "p50 µs" },
    { key: "p99Us", label: "p99 µs" },
  ],
  measure: async (server, bench) =>
    toSample(await runWrk(server, { kind: "whole", connections: 1, seconds: bench.isFull ? 3 : 1, bodyBytes: 1_024 })),
  figure: (round) => {
    const directUs = metricOf(round, "direct", "p50Us");
    return (metricOf(round, "ours", "p50Us") - directUs) / (metricOf(round, "nginx", "p50Us") - directUs);
  },
};
