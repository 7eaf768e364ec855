/** Processor time of one call at eight connections, against Portkey's gateway. */
import { runWrk } from "../rig/wrk.ts";
import { metricOf, toSample } from "./work-item.ts";
import type { WorkItem } from "./work-item.ts";

export const cpuPerRequest: WorkItem = {
  name: "cpu-per-request",
  title: "CPU per request, over Portkey's at 8 connections",
  method: "wrk, 8 connections, 1 KB; user and system time of all threads",
  goal: { target: 1 / 9, stretch: 1 / 17, better: "lower", unit: "×", note: "1/9 (1/17)" },
  needs: ["portkey", "ours"],
  alsoOf: ["nginx", "claude-code-router"],
  shortRounds: 3,
  metrics: [
    { key: "cpuUsPerRequest", label: "CPU µs a request" },
    { key: "requestsPerSecond", label: "requests/s" },
    { key: "residentMb", label: "RSS MB" },
  ],
  measure: async (server, bench) =>
    toSample(await runWrk(server, { kind: "whole", connections: 8, seconds: bench.isFull ? 3 : 1, bodyBytes: 1_024 })),
  figure: (round) => metricOf(round, "ours", "cpuUsPerRequest") / metricOf(round, "portkey", "cpuUsPerRequest"),
};
