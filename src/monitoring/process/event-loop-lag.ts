/**
 * How late the event loop's timers are, for metrics and for `GET /health`.
 *
 * One histogram for both: it wakes an idle process at each of its intervals, which a laptop's battery feels.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ELDHistogram, Histogram } from "node:perf_hooks";
import type { Clock } from "../../core/time/clock.ts";

/** Every delay of more than this is seen, wholly or in part. */
const intervalMs = 40;
const shortestWindowMs = 10_000;
/** Who scrapes does so more often than this; without a scrape a window ends all the same. */
const longestWindowMs = 60_000;

type Delays = Histogram & Partial<Pick<ELDHistogram, "disable">>;

/** Seconds beyond the interval. */
export interface LagSeconds {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export class EventLoopLag {
  readonly #clock: Clock;
  readonly #delays: Delays;
  #windowFromMs: number;
  #lastWindow: LagSeconds | null = null;

  /** `delays`: nanoseconds from one timer of `intervalMs` to the next; Node's own unless given. */
  constructor(clock: Clock, delays: Delays = monitorDelays()) {
    this.#clock = clock;
    this.#delays = delays;
    this.#windowFromMs = clock.monotonicMs();
  }

  /** Since it was asked for the time before; within ten seconds of that the same again. */
  sinceBefore(): LagSeconds {
    if (this.#lastWindow === null || this.#ageMs() >= shortestWindowMs) return this.#endWindow();
    return this.#lastWindow;
  }

  /** The 99th percentile of the last ten seconds to two minutes, in milliseconds. */
  recentP99Ms(): number {
    if (this.#ageMs() > longestWindowMs) this.#endWindow();
    const now = this.#lastWindow === null || this.#ageMs() >= shortestWindowMs ? this.#read().p99 : 0;
    return 1_000 * Math.max(now, this.#lastWindow?.p99 ?? 0);
  }

  close(): void {
    this.#delays.disable?.();
  }

  #ageMs(): number {
    return this.#clock.monotonicMs() - this.#windowFromMs;
  }

  #endWindow(): LagSeconds {
    const window = this.#read();
    this.#lastWindow = window;
    this.#windowFromMs = this.#clock.monotonicMs();
    this.#delays.reset();
    return window;
  }

  #read(): LagSeconds {
    const { count, mean, max } = this.#delays;
    if (count === 0) return { mean: 0, p50: 0, p99: 0, max: 0 };
    const [p50, p99] = [this.#delays.percentile(50), this.#delays.percentile(99)];
    return { mean: lagOf(mean), p50: lagOf(p50), p99: lagOf(p99), max: lagOf(max) };
  }
}

function monitorDelays(): ELDHistogram {
  const delays = monitorEventLoopDelay({ resolution: intervalMs });
  delays.enable();
  return delays;
}

function lagOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - intervalMs / 1_000);
}
