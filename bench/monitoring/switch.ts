/**
 * Loaded before the router (`node --import`): on a message it takes turns, slice by slice, between a process with what
 * monitoring does after each call and one without, and tells what a call cost in each. The product has no such switch:
 * nobody would run without.
 *
 * One process and short slices, since two processes differ by more than what is to be seen: V8 compiles them
 * differently, and the machine's noise reaches them at different times.
 */
import { RecentActivity } from "../../src/admin/recent-activity.ts";
import { FinishedCalls } from "../../src/app/process/finished-calls.ts";
import { StructuredLogger } from "../../src/core/log/logging.ts";
import { ProviderHealthTracker } from "../../src/monitoring/health/provider-health.ts";
import { EnhancedMetricsSystem } from "../../src/monitoring/metrics-system.ts";
import { PerformanceMonitor } from "../../src/monitoring/performance/performance-monitor.ts";
import { QualityTracker } from "../../src/monitoring/quality/quality-tracker.ts";
import { CallTracing } from "../../src/monitoring/tracing/call-tracing.ts";

/** What the process is asked to do. */
export interface SwitchOrder {
  /** Names of `parts` that are switched off in every other slice. */
  readonly parts: readonly string[];
  readonly slices: number;
  readonly sliceMs: number;
}

/** What one slice saw. */
export interface Slice {
  readonly isOn: boolean;
  readonly calls: number;
  /** Of all threads. */
  readonly cpuUs: number;
  readonly wallUs: number;
}

type Method = (...given: unknown[]) => unknown;
type Part = readonly [prototype: object, method: string];

const parts: Readonly<Record<string, Part>> = {
  metrics: [EnhancedMetricsSystem.prototype, "observeCall"],
  "log line": [StructuredLogger.prototype, "writePlain"],
  traces: [CallTracing.prototype, "observe"],
  steps: [PerformanceMonitor.prototype, "observe"],
  quality: [QualityTracker.prototype, "observeAnswer"],
  "provider health": [ProviderHealthTracker.prototype, "observe"],
  activity: [RecentActivity.prototype, "observe"],
};

let isOff = false;
const switched = new Set<string>();
for (const [name, [prototype, method]] of Object.entries(parts)) {
  const owner = prototype as Record<string, Method>;
  const real = owner[method] as Method;
  owner[method] = function (this: object, a: unknown, b: unknown, c: unknown): unknown {
    return isOff && switched.has(name) ? null : real.call(this, a, b, c);
  };
}

let calls = 0;
const queues = new Set<FinishedCalls>();
const queue = FinishedCalls.prototype as unknown as Record<"add", Method>;
const add: Method = queue.add;
queue.add = function (this: FinishedCalls, record: unknown, facts: unknown, request: unknown): void {
  calls++;
  queues.add(this);
  add.call(this, record, facts, request);
};

function flushAll(): void {
  for (const each of queues) each.flush();
}

function run({ parts: names, slices, sliceMs }: SwitchOrder): void {
  switched.clear();
  for (const name of names) switched.add(name);
  const seen: Slice[] = [];
  const begin = (): void => {
    // What waits belongs to the slice in which it was called.
    flushAll();
    const cpu = process.cpuUsage();
    const [startedAt, callsBefore] = [process.hrtime.bigint(), calls];
    // on, off, off, on: a drift of the machine reaches both alike.
    isOff = seen.length % 4 === 1 || seen.length % 4 === 2;
    setTimeout(() => {
      flushAll();
      const { user, system } = process.cpuUsage(cpu);
      const wallUs = Number(process.hrtime.bigint() - startedAt) / 1_000;
      seen.push({ isOn: !isOff, calls: calls - callsBefore, cpuUs: user + system, wallUs });
      isOff = false;
      if (seen.length < slices) begin();
      else process.send?.(seen);
    }, sliceMs);
  };
  begin();
}

process.on("message", (order) => run(order as SwitchOrder));
process.channel?.unref();
