/**
 * The last quarter of an hour in steps of fifteen seconds: how many calls, how many failed, what they cost, how long
 * they took. Fixed size, whatever the traffic. Only this process: the ledger knows the others.
 */
import { faultOf } from "../core/errors/error-table.ts";
import type { CallRecord } from "../core/record.ts";
import { LogHistogram } from "../monitoring/log-histogram.ts";

export interface ActivityStep {
  /** Unix milliseconds of its start. */
  readonly startMs: number;
  readonly calls: number;
  /** Ended as error or cut: a client that leaves is no failure. */
  readonly failed: number;
  readonly costNanoUsd: number;
  /** Milliseconds, as in `Activity`; null where no such call ended. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

export interface Activity {
  readonly stepMs: number;
  /** The oldest first; the last one is still filling. */
  readonly steps: readonly ActivityStep[];
  readonly callsPerMinute: number;
  /** Over the last five minutes, as all that follow; null where no call ended. */
  readonly failedShare: number | null;
  /** Of these, what callers did wrong themselves (`caller_…`); never more than `failedShare`. */
  readonly callerFaultShare: number | null;
  /** Of calls that were answered or reached a provider: one that is refused takes no time, and is no fast one. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

interface Step {
  readonly startMs: number;
  calls: number;
  failed: number;
  callerFaults: number;
  costNanoUsd: number;
  readonly durations: LogHistogram;
}

const stepMs = 15_000;
const stepCount = 60;
const recentSteps = 20;
const rateSteps = 4;

export class RecentActivity {
  readonly #steps: Step[] = [];

  /** Counts a finished call; those that only count tokens are none. */
  observe(record: CallRecord): void {
    if (record.endpoint === "count-tokens") return;
    const step = this.#stepAt(record.startedAtMs + record.durationMs);
    step.calls++;
    if (record.outcome === "error" || record.outcome === "cut") {
      step.failed++;
      if (record.errorCode !== null && faultOf(record.errorCode) === "caller") step.callerFaults++;
    }
    step.costNanoUsd += record.cost?.nanoUsd ?? 0;
    if (record.outcome !== "error" || record.attempts.length > 0) step.durations.add(record.durationMs);
  }

  read(nowMs: number): Activity {
    const lastMs = Math.floor(nowMs / stepMs) * stepMs;
    const known = new Map(this.#steps.map((step) => [step.startMs, step]));
    const startsMs = Array.from({ length: stepCount }, (_, index) => lastMs - (stepCount - 1 - index) * stepMs);
    const found = (count: number): Step[] => startsMs.slice(-count).flatMap((startMs) => known.get(startMs) ?? []);
    const recent = found(recentSteps);
    const durations = new LogHistogram();
    for (const step of recent) durations.merge(step.durations);
    const calls = sum(recent, "calls");
    // The step that is filling counts with the part of it that has passed.
    const minutes = (rateSteps * stepMs + nowMs - lastMs) / 60_000;
    return {
      stepMs,
      steps: startsMs.map((startMs) => view(startMs, known.get(startMs))),
      callsPerMinute: sum(found(rateSteps + 1), "calls") / minutes,
      failedShare: calls === 0 ? null : sum(recent, "failed") / calls,
      callerFaultShare: calls === 0 ? null : sum(recent, "callerFaults") / calls,
      ...quantiles(durations),
    };
  }

  #stepAt(atMs: number): Step {
    const startMs = Math.floor(atMs / stepMs) * stepMs;
    const last = this.#steps.at(-1);
    // A clock that was set back must not reopen what is over.
    if (last !== undefined && startMs <= last.startMs && last.startMs - startMs < stepCount * stepMs) {
      return this.#steps.find((step) => step.startMs === startMs) ?? last;
    }
    if (last !== undefined && startMs < last.startMs) this.#steps.length = 0;
    const step: Step = { startMs, calls: 0, failed: 0, callerFaults: 0, costNanoUsd: 0, durations: new LogHistogram() };
    this.#steps.push(step);
    if (this.#steps.length > stepCount) this.#steps.shift();
    return step;
  }
}

function view(startMs: number, step: Step | undefined): ActivityStep {
  if (step === undefined) return { startMs, calls: 0, failed: 0, costNanoUsd: 0, p50Ms: null, p95Ms: null };
  const { calls, failed, costNanoUsd, durations } = step;
  return { startMs, calls, failed, costNanoUsd, ...quantiles(durations) };
}

function quantiles(durations: LogHistogram): { readonly p50Ms: number | null; readonly p95Ms: number | null } {
  if (durations.count === 0) return { p50Ms: null, p95Ms: null };
  return { p50Ms: durations.quantile(0.5), p95Ms: durations.quantile(0.95) };
}

function sum(steps: readonly Step[], field: "calls" | "failed" | "callerFaults"): number {
  return steps.reduce((total, step) => total + step[field], 0);
}
