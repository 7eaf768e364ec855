/** Rule tests of src/alerting/alerts/process.ts. */
import { boundary, fires, gauge, recovers, router, series, silent } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

const memory = (instance: string, type: string): string =>
  series("ccr_memory_usage_bytes", { ...router(instance), type });
const started = (instance: string): string => series("process_start_time_seconds", router(instance));
const lag = (instance: string, stat: string): string =>
  series("ccr_event_loop_lag_seconds", { ...router(instance), stat });

const leaks = { ...router("leaks"), type: "heap_used" };

const megabyte = 1024 * 1024;

/** A sawtooth that grows: from `floor` up by `height` in ten steps, then collected; the floor rises by `growth` a tooth. */
function sawtooth(floor: number, height: number, growth: number, teeth: number): string {
  return Array.from({ length: teeth }, (_, tooth) => `${floor + tooth * growth}+${height / 10}x9`).join(" ");
}

export const processScenarios: readonly Scenario[] = [
  {
    alert: "HighMemoryUsage",
    title: "fires five minutes after the heap has passed 90 % of V8's limit, whatever V8 has set aside for it",
    series: {
      [memory("full", "heap_used")]: gauge([500, 5], [930, 15], [400, 10]),
      [memory("full", "heap_limit")]: gauge([1000, 30]),
      [memory("full", "heap_total")]: gauge([2000, 30]),
      [memory("edge", "heap_used")]: gauge([900, 30]),
      [memory("edge", "heap_limit")]: gauge([1000, 30]),
      // The guide's rule would have fired here: 9 % of the limit, 96 % of what is set aside.
      [memory("small", "heap_used")]: gauge([90, 30]),
      [memory("small", "heap_total")]: gauge([94, 30]),
      [memory("small", "heap_limit")]: gauge([1000, 30]),
      [memory("half", "heap_used")]: gauge([850, 30]),
      [memory("half", "rss")]: gauge([2000, 30]),
      [memory("half", "heap_limit")]: gauge([1000, 30]),
    },
    checks: [silent("4m"), boundary("9m"), fires("10m", router("full")), fires("19m", router("full")), recovers("20m")],
    texts: {
      at: "10m",
      labels: router("full"),
      summary: "High memory usage",
      description: "full uses 93% of the heap that V8 gives it; at 100 % the process ends.",
    },
  },
  {
    alert: "MemoryLeak",
    title: "stays silent on a flat sawtooth of any height, fires where what collections leave grows by 100 MiB",
    series: {
      [started("flat")]: gauge([0, 240]),
      [memory("flat", "heap_used")]: sawtooth(100 * megabyte, 400 * megabyte, 0, 24),
      // 35 MiB a tooth of ten minutes: 105 MiB in half an hour.
      [started("leaks")]: gauge([0, 240]),
      [memory("leaks", "heap_used")]:
        `${sawtooth(100 * megabyte, 300 * megabyte, 0, 8)} ${sawtooth(135 * megabyte, 300 * megabyte, 35 * megabyte, 8)} ${sawtooth(380 * megabyte, 300 * megabyte, 0, 8)}`,
      // 32 MiB a tooth.
      [started("slowly")]: gauge([0, 240]),
      [memory("slowly", "heap_used")]: sawtooth(100 * megabyte, 200 * megabyte, 32 * megabyte, 24),
      // 100 MiB exactly between two levels.
      [started("edge")]: gauge([0, 240]),
      [memory("edge", "heap_used")]: gauge([100 * megabyte, 100], [200 * megabyte, 140]),
      // Other memory may grow.
      [memory("flat", "rss")]: sawtooth(100 * megabyte, 100 * megabyte, 200 * megabyte, 24),
      [series("process_start_time_seconds", { job: "node-exporter", instance: "flat" })]: gauge([0, 240]),
    },
    checks: [
      silent("100m"),
      boundary("111m"),
      fires("112m", leaks),
      fires("160m", leaks),
      recovers("161m"),
      silent("230m"),
    ],
    texts: {
      at: "140m",
      labels: leaks,
      summary: "Potential memory leak detected",
      description: "What garbage collections leave on the heap of leaks grew by 105MiB in the last 30 minutes.",
    },
  },
  {
    alert: "MemoryLeak",
    title: "lets a process fill its caches for an hour",
    series: {
      [started("young")]: gauge([1800, 240]),
      [memory("young", "heap_used")]: gauge(["absent", 30], [60 * megabyte, 20], [300 * megabyte, 150]),
      // Another program's age at the same address is not the router's.
      [series("process_start_time_seconds", { job: "node-exporter", instance: "young" })]: gauge([0, 240]),
      [started("old")]: gauge([0, 240]),
      [memory("old", "heap_used")]: gauge([60 * megabyte, 50], [300 * megabyte, 150]),
    },
    checks: [boundary("70m"), boundary("71m", { ...router("old"), type: "heap_used" }), silent("95m"), silent("110m")],
  },
  {
    alert: "EventLoopLag",
    title: "fires five minutes after timers are late by more than a tenth of a second, one in a hundred",
    series: {
      [lag("blocked", "p99")]: gauge([0.01, 5], [0.105, 15], [0.01, 10]),
      [lag("edge", "p99")]: gauge([0.1, 30]),
      [lag("well", "p99")]: gauge([0.095, 30]),
      // A single pause is none.
      [lag("well", "max")]: gauge([5, 30]),
    },
    checks: [
      silent("4m"),
      boundary("9m"),
      fires("10m", { ...router("blocked"), stat: "p99" }),
      fires("19m", { ...router("blocked"), stat: "p99" }),
      recovers("20m"),
    ],
    texts: {
      at: "10m",
      labels: { ...router("blocked"), stat: "p99" },
      summary: "The router's event loop is blocked",
      description: "Timers of blocked are 105ms late: all its streams stutter.",
    },
  },
];
