/** One timed operation, the figures of many, and the thresholds that they are held against. */

export interface PerformanceProfile {
  readonly operation: string;
  /** Milliseconds. */
  readonly duration: number;
  /** Change of the process's memory meanwhile; null where it was not read. */
  readonly memoryUsage: NodeJS.MemoryUsage | null;
  /** CPU time of the process meanwhile, in microseconds; null where it was not read. */
  readonly cpuUsage: NodeJS.CpuUsage | null;
  readonly timestamp: Date;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface PerformanceThresholds {
  /** Milliseconds. */
  readonly maxDuration: number;
  /** Bytes of heap. */
  readonly maxMemoryIncrease: number;
  /** Microseconds of CPU time, user and system. */
  readonly maxCpuUsage: number;
}

export interface OperationStats {
  readonly operation: string;
  readonly count: number;
  /** Milliseconds, as all durations here; quantiles are off by at most 1 %. */
  readonly avgDuration: number;
  readonly minDuration: number;
  readonly maxDuration: number;
  readonly p50Duration: number;
  readonly p95Duration: number;
  readonly p99Duration: number;
  /** Bytes of heap gained in the runs where it was read; null where it never was. */
  readonly avgMemoryUsage: number | null;
  readonly maxMemoryUsage: number | null;
  /** Unix milliseconds. */
  readonly lastExecuted: number;
}

export interface ThresholdBreach {
  readonly profile: PerformanceProfile;
  readonly warnings: readonly string[];
}

/** What a profile exceeded, in words. */
export function breachesOf(profile: PerformanceProfile, thresholds: PerformanceThresholds): string[] {
  const { duration, memoryUsage, cpuUsage } = profile;
  const warnings: string[] = [];
  if (duration > thresholds.maxDuration) {
    warnings.push(`Duration exceeded threshold: ${duration}ms > ${thresholds.maxDuration}ms`);
  }
  if (memoryUsage !== null && memoryUsage.heapUsed > thresholds.maxMemoryIncrease) {
    warnings.push(`Memory increase exceeded threshold: ${memoryUsage.heapUsed} > ${thresholds.maxMemoryIncrease}`);
  }
  const cpuMicros = cpuUsage === null ? 0 : cpuUsage.user + cpuUsage.system;
  if (cpuMicros > thresholds.maxCpuUsage) {
    warnings.push(`CPU usage exceeded threshold: ${cpuMicros}μs > ${thresholds.maxCpuUsage}μs`);
  }
  return warnings;
}

/** By how much each kind of memory grew. */
export function memoryChange(before: NodeJS.MemoryUsage, after: NodeJS.MemoryUsage): NodeJS.MemoryUsage {
  return {
    rss: after.rss - before.rss,
    heapTotal: after.heapTotal - before.heapTotal,
    heapUsed: after.heapUsed - before.heapUsed,
    external: after.external - before.external,
    arrayBuffers: after.arrayBuffers - before.arrayBuffers,
  };
}
