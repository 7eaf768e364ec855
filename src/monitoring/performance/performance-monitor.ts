/**
 * How long the router's own operations take: a fixed-size histogram per operation, so that nothing grows with the
 * number of operations. Durations come from a clock that never goes back.
 *
 * Memory and CPU time are read for the first and every thousandth run of an operation only: reading them takes ten
 * times as long as all the rest here, and in a process that does many things at once they mean little.
 */
import { EventEmitter } from "node:events";
import { systemClock } from "../../core/time/clock.ts";
import type { Clock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { Logger } from "../../core/log/logging.ts";
import { LogHistogram } from "../log-histogram.ts";
import { breachesOf, memoryChange } from "./performance-profile.ts";
import type {
  OperationStats,
  PerformanceProfile,
  PerformanceThresholds,
  ThresholdBreach,
} from "./performance-profile.ts";

export interface PerformanceMonitorOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
}

const measureEvery = 1_000;
const maxOperations = 256;
const otherOperation = "_other";
/** An operation that was started and never ended is forgotten after this long, or when too many are open. */
const abandonedAfterMs = 900_000;
const maxActive = 10_000;
const sweepEvery = 256;

interface Measured {
  readonly memory: NodeJS.MemoryUsage;
  readonly cpu: NodeJS.CpuUsage;
}

interface ActiveOperation {
  readonly operation: string;
  readonly startMs: number;
  readonly measured: Measured | null;
  readonly context: Readonly<Record<string, unknown>>;
}

class OperationFigures {
  readonly durations: LogHistogram = new LogHistogram();
  started = 0;
  lastExecutedMs = 0;
  memoryReads = 0;
  memorySum = 0;
  memoryMax = 0;
}

const noContext: Readonly<Record<string, unknown>> = Object.freeze({});
const noMemory: NodeJS.MemoryUsage = { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };
const noThresholds: PerformanceThresholds = {
  maxDuration: Number.POSITIVE_INFINITY,
  maxMemoryIncrease: Number.POSITIVE_INFINITY,
  maxCpuUsage: Number.POSITIVE_INFINITY,
};

export class PerformanceMonitor extends EventEmitter<{ thresholdExceeded: [ThresholdBreach] }> {
  readonly #thresholds: PerformanceThresholds;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #figures = new Map<string, OperationFigures>();
  readonly #active = new Map<string, ActiveOperation>();
  #starts = 0;
  #abandoned = 0;

  constructor(thresholds: PerformanceThresholds = noThresholds, options: PerformanceMonitorOptions = {}) {
    super();
    this.#thresholds = thresholds;
    this.#clock = options.clock ?? systemClock;
    this.#logger = (options.logger ?? silentLogger).child({ component: "performance-monitor" });
  }

  /** Begins an operation under an id of the caller's choice; one still open under it is abandoned. `context` comes back in the profile and is not kept. */
  startOperation(operationId: string, operation: string, context: Readonly<Record<string, unknown>> = noContext): void {
    const figures = this.#figuresOf(operation);
    const isMeasured = figures.started++ % measureEvery === 0;
    if (++this.#starts % sweepEvery === 0 || this.#active.size >= maxActive) this.#forgetAbandoned();
    // Deleted first: an id that is set again would keep its old place among the starts.
    if (this.#active.delete(operationId)) this.#abandoned++;
    const measured = isMeasured ? { memory: process.memoryUsage(), cpu: process.cpuUsage() } : null;
    this.#active.set(operationId, { operation, startMs: this.#clock.monotonicMs(), measured, context });
  }

  /** Ends an operation; null where none of this id is open. */
  endOperation(operationId: string): PerformanceProfile | null {
    const active = this.#active.get(operationId);
    if (active === undefined) {
      this.#logger.warn({ operationId }, "an unknown operation was ended");
      return null;
    }
    this.#active.delete(operationId);
    const { operation, startMs, measured, context } = active;
    const profile: PerformanceProfile = {
      operation,
      duration: this.#clock.monotonicMs() - startMs,
      memoryUsage: measured === null ? null : memoryChange(measured.memory, process.memoryUsage()),
      cpuUsage: measured === null ? null : process.cpuUsage(measured.cpu),
      timestamp: new Date(this.#clock.nowMs()),
      context,
    };
    this.#keep(profile);
    return profile;
  }

  /**
   * Counts an operation that was timed elsewhere and ended at `endedAtMs`; `duration` in milliseconds, `heapUsed` the
   * heap's growth in bytes.
   */
  observe(operation: string, duration: number, heapUsed?: number, endedAtMs: number = this.#clock.nowMs()): void {
    const figures = this.#figuresOf(operation);
    figures.started++;
    figures.durations.add(duration);
    if (heapUsed !== undefined) addMemory(figures, heapUsed);
    figures.lastExecutedMs = endedAtMs;
    const { maxDuration, maxMemoryIncrease } = this.#thresholds;
    if (duration <= maxDuration && (heapUsed ?? 0) <= maxMemoryIncrease) return;
    const timestamp = new Date(endedAtMs);
    const memoryUsage = heapUsed === undefined ? null : { ...noMemory, heapUsed };
    this.#check({ operation, duration, memoryUsage, cpuUsage: null, timestamp, context: noContext });
  }

  getOperationStats(operation: string): OperationStats | null {
    const figures = this.#figures.get(operation);
    if (figures === undefined || figures.durations.count === 0) return null;
    const { durations, memoryReads } = figures;
    return {
      operation,
      count: durations.count,
      avgDuration: durations.mean,
      minDuration: durations.min,
      maxDuration: durations.max,
      p50Duration: durations.quantile(0.5),
      p95Duration: durations.quantile(0.95),
      p99Duration: durations.quantile(0.99),
      avgMemoryUsage: memoryReads === 0 ? null : figures.memorySum / memoryReads,
      maxMemoryUsage: memoryReads === 0 ? null : figures.memoryMax,
      lastExecuted: figures.lastExecutedMs,
    };
  }

  getAllStats(): OperationStats[] {
    return [...this.#figures.keys()].flatMap((operation) => this.getOperationStats(operation) ?? []);
  }

  /** Forgets one operation's figures, or all. */
  clearStats(operation?: string): void {
    if (operation === undefined) this.#figures.clear();
    else this.#figures.delete(operation);
    this.#logger.info({ operation: operation ?? "all" }, "performance figures cleared");
  }

  /** Operations begun and not ended, and those that were given up as abandoned. */
  get openOperations(): { readonly active: number; readonly abandoned: number } {
    return { active: this.#active.size, abandoned: this.#abandoned };
  }

  #figuresOf(operation: string): OperationFigures {
    const known = this.#figures.get(operation);
    if (known !== undefined) return known;
    // Names past the bound share one entry: a name made of user data must not eat the memory.
    if (this.#figures.size >= maxOperations && operation !== otherOperation) return this.#figuresOf(otherOperation);
    const figures = new OperationFigures();
    this.#figures.set(operation, figures);
    return figures;
  }

  #keep(profile: PerformanceProfile): void {
    const figures = this.#figuresOf(profile.operation);
    figures.durations.add(profile.duration);
    figures.lastExecutedMs = profile.timestamp.getTime();
    if (profile.memoryUsage !== null) addMemory(figures, profile.memoryUsage.heapUsed);
    this.#check(profile);
  }

  #check(profile: PerformanceProfile): void {
    const warnings = breachesOf(profile, this.#thresholds);
    if (warnings.length === 0) return;
    this.#logger.warn({ operation: profile.operation, warnings }, "performance threshold exceeded");
    this.emit("thresholdExceeded", { profile, warnings });
  }

  /** Operations stand in the order of their starts: the oldest come first. */
  #forgetAbandoned(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, { startMs }] of this.#active) {
      if (nowMs - startMs < abandonedAfterMs && this.#active.size < maxActive) return;
      this.#active.delete(id);
      this.#abandoned++;
    }
  }
}

function addMemory(figures: OperationFigures, heapUsed: number): void {
  figures.memoryReads++;
  figures.memorySum += heapUsed;
  figures.memoryMax = Math.max(figures.memoryMax, heapUsed);
}
