/** How many calls a core's second serves, against nginx. */
import { runWrk } from "../rig/wrk.ts";
import { metricOf } from "./work-item.ts";
import type { WorkItem } from "./work-item.ts";

export const requestsPerCore: WorkItem = {
  name: "requests-per-core",
  title: "requests per second and core, over nginx's",
  method:
    "wrk, 32 connections, 1 KB; requests per second of processor time (nginx alone would be held back by the load's core)",
  goal: { target: 0.4, stretch: 0.55, better: "higher", unit: "×" },
  needs: ["nginx", "ours"],
  alsoOf: [],
  shortRounds: 3,
  metrics: [
    { key: "requestsPerCoreSecond", label: "requests a core second" },
    { key: "requestsPerSecond", label: "requests/s seen" },
  ],
  measure: async (server, bench) => {
    const seconds = bench.isFull ? 3 : 1;
    const measured = await runWrk(server, { kind: "whole", connections: 32, seconds, bodyBytes: 1_024 });
    return {
      requestsPerCoreSecond: 1e6 / measured.cpuUsPerRequest,
      requestsPerSecond: measured.requestsPerSecond,
    };
  },
  figure: (round) =>
    metricOf(round, "ours", "requestsPerCoreSecond") / metricOf(round, "nginx", "requestsPerCoreSecond"),
};
