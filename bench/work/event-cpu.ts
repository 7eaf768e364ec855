/** Processor time of one relayed stream event, against nginx. */
import { runStreams } from "../rig/streams.ts";
import { requireWhole } from "./whole-streams.ts";
import { metricOf } from "./work-item.ts";
import type { WorkItem } from "./work-item.ts";

export const eventCpu: WorkItem = {
  name: "event-cpu",
  title: "CPU per relayed stream event, 1,000 streams × 10 events/s, over nginx's",
  method: "processor time within a window in which all streams run (short run: 500 streams)",
  goal: { target: 2.2, stretch: 1.6, better: "lower", unit: "×" },
  needs: ["nginx", "ours"],
  alsoOf: [],
  shortRounds: 2,
  metrics: [
    { key: "cpuUsPerEvent", label: "CPU µs an event" },
    { key: "eventsPerSecond", label: "events/s" },
  ],
  measure: async (server, bench) => {
    const streams = bench.isFull ? 1_000 : 500;
    const windowMs = bench.isFull ? 6_000 : 3_000;
    const plan = {
      streams,
      spacingMs: 2,
      rate: 10,
      settleMs: 500,
      windowMs,
      durationMs: 2 * streams + windowMs + 1_500,
    };
    const measured = await runStreams(server, bench.providers, plan);
    requireWhole(server, measured);
    return {
      cpuUsPerEvent: (measured.windowCpuSeconds * 1e6) / measured.windowEvents,
      eventsPerSecond: measured.windowEvents / (windowMs / 1_000),
    };
  },
  figure: (round) => metricOf(round, "ours", "cpuUsPerEvent") / metricOf(round, "nginx", "cpuUsPerEvent"),
};
