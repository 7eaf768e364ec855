/**
 * Metrics of the process and the machine: memory, CPU, disks, file descriptors, event loop, garbage collection.
 *
 * Real on Linux and macOS; a value that a system does not offer is absent, never wrong. Nothing runs between
 * scrapes but the event loop's delay histogram and the observer of the garbage collector; `close` ends both.
 */
import { readdir, readFile } from "node:fs/promises";
import { constants, performance, PerformanceObserver } from "node:perf_hooks";
import type { EventLoopUtilization } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Clock } from "../../core/time/clock.ts";
import { withinTime } from "../../core/time/within-time.ts";
import * as labels from "../catalog/labels.ts";
import { readDiskUsage } from "./disk-usage.ts";
import { EventLoopLag } from "./event-loop-lag.ts";
import type { MetricSet } from "../series/metric-set.ts";

const cpuEveryMs = 1_000;
const diskEveryMs = 15_000;
/** A file system that hangs must not hold a scrape; the values of the time before are shown. */
const patienceMs = 250;

export class SystemMetrics {
  readonly #set: MetricSet;
  readonly #clock: Clock;
  readonly #folders: readonly string[];
  readonly #lag: EventLoopLag;
  readonly #gcObserver: PerformanceObserver;
  #cpuMicros = 0;
  #hasCpu = false;
  #utilization: EventLoopUtilization;
  #cpuAtMs: number;
  #diskAtMs = Number.NEGATIVE_INFINITY;
  #slowReads: Promise<void> | null = null;

  /** `folders`: those whose disks are watched (state, logs). */
  constructor(set: MetricSet, clock: Clock, folders: readonly string[]) {
    this.#set = set;
    this.#clock = clock;
    this.#folders = folders;
    // From the process's start, so that the first scrape shows a true value.
    this.#cpuAtMs = clock.monotonicMs() - process.uptime() * 1000;
    this.#utilization = { idle: 0, active: 0, utilization: 0 };
    this.#lag = new EventLoopLag(clock);
    const pauses = set.histogram("ccr_gc_pause_seconds");
    const kindOf = (kind: string): number => pauses.row(set.domain(labels.gcKind).idOf(kind));
    const rows = new Map([
      [constants.NODE_PERFORMANCE_GC_MAJOR, kindOf("major")],
      [constants.NODE_PERFORMANCE_GC_MINOR, kindOf("minor")],
      [constants.NODE_PERFORMANCE_GC_INCREMENTAL, kindOf("incremental")],
      [constants.NODE_PERFORMANCE_GC_WEAKCB, kindOf("weakcb")],
    ]);
    this.#gcObserver = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const row = rows.get((entry as { detail?: { kind?: number } }).detail?.kind ?? -1);
        if (row !== undefined) pauses.observe(row, entry.duration / 1000);
      }
    });
    this.#gcObserver.observe({ entryTypes: ["gc"] });
    this.#set.setGauge("process_start_time_seconds", Math.round(clock.nowMs() / 1000 - process.uptime()));
  }

  /** Brings all values up to date. */
  async collect(): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    this.#collectMemory();
    this.#collectCpu(nowMs);
    this.#collectLag();
    if (nowMs - this.#diskAtMs >= diskEveryMs) {
      this.#diskAtMs = nowMs;
      this.#slowReads ??= this.#readSlow().finally(() => {
        this.#slowReads = null;
      });
      // What comes later shows at the next scrape.
      await withinTime(this.#slowReads, patienceMs).catch(() => undefined);
    }
  }

  /** The event loop's lag of late: 99th percentile in milliseconds. */
  recentLagMs(): number {
    return this.#lag.recentP99Ms();
  }

  /** Ends what runs between scrapes. */
  close(): void {
    this.#lag.close();
    this.#gcObserver.disconnect();
  }

  #collectMemory(): void {
    const memory = process.memoryUsage();
    const types: readonly (readonly [string, number])[] = [
      ["heap_used", memory.heapUsed],
      ["heap_total", memory.heapTotal],
      ["heap_limit", getHeapStatistics().heap_size_limit],
      ["external", memory.external],
      ["array_buffers", memory.arrayBuffers],
      ["rss", memory.rss],
    ];
    for (const [type, bytes] of types) {
      this.#set.setGauge("ccr_memory_usage_bytes", bytes, this.#set.domain(labels.memoryType).idOf(type));
    }
    this.#set.setGauge("process_resident_memory_bytes", memory.rss);
  }

  #collectCpu(nowMs: number): void {
    const usage = process.cpuUsage();
    const micros = usage.user + usage.system;
    this.#set.setTotal("process_cpu_seconds_total", micros);
    const wallMs = nowMs - this.#cpuAtMs;
    if (this.#hasCpu && wallMs < cpuEveryMs) return;
    this.#hasCpu = true;
    this.#set.setGauge("ccr_cpu_usage_percent", ((micros - this.#cpuMicros) / 1000 / wallMs) * 100);
    const utilization = performance.eventLoopUtilization();
    const share = performance.eventLoopUtilization(utilization, this.#utilization).utilization;
    this.#set.setGauge("ccr_event_loop_utilization_ratio", Number.isFinite(share) ? share : 0);
    this.#cpuAtMs = nowMs;
    this.#cpuMicros = micros;
    this.#utilization = utilization;
  }

  #collectLag(): void {
    for (const [stat, seconds] of Object.entries(this.#lag.sinceBefore())) {
      this.#set.setGauge("ccr_event_loop_lag_seconds", seconds, this.#set.domain(labels.stat).idOf(stat));
    }
  }

  async #readSlow(): Promise<void> {
    const mounts = this.#set.domain(labels.mount);
    for (const { mount, usedBytes, sizeBytes } of await readDiskUsage(this.#folders)) {
      const id = mounts.add(mount);
      this.#set.setGauge("ccr_disk_usage_bytes", usedBytes, id);
      this.#set.setGauge("ccr_disk_size_bytes", sizeBytes, id);
    }
    const open = await countOpenFiles();
    if (open !== null) this.#set.setGauge("process_open_fds", open);
    const limit = await readOpenFilesLimit();
    if (limit !== null) this.#set.setGauge("process_max_fds", limit);
  }
}

/** Open file descriptors of this process; null where the system has no folder of them. */
async function countOpenFiles(): Promise<number | null> {
  const folder = process.platform === "linux" ? "/proc/self/fd" : process.platform === "darwin" ? "/dev/fd" : null;
  if (folder === null) return null;
  // Reading the folder takes a descriptor of its own.
  return readdir(folder).then(
    (names) => Math.max(0, names.length - 1),
    () => null,
  );
}

async function readOpenFilesLimit(): Promise<number | null> {
  if (process.platform !== "linux") return null;
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}
