/**
 * The health of each provider, from the attempts of real calls, and from probes where the operator wants them. Figures
 * fade with a half-life of two minutes, so a provider recovers by good calls, or by being left alone.
 */
import type { Clock } from "../../core/time/clock.ts";
import { errorTable, faultOf } from "../../core/errors/error-table.ts";
import type { ErrorCode } from "../../core/errors/error-table.ts";
import { endOfAttempt } from "../../core/record.ts";
import type { AttemptRecord, CallRecord } from "../../core/record.ts";
import { DecayingSum } from "../decaying-sum.ts";
import { headroomPart, healthScore, healthStatus, latencyPart, successPart } from "./health-score.ts";
import type { HealthParts, HealthStatus } from "./health-score.ts";
import { LatencyBaseline } from "./latency-baseline.ts";
import type { BreakerState } from "../metric-sources.ts";

const halfLifeMs = 120_000;

/** What is known of a provider outside its attempts. */
export interface ProviderCondition {
  readonly breakers: readonly BreakerState[];
  readonly credentials: readonly { readonly freeShare: number }[];
}

/** Why a probe failed. */
export interface ProbeFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface LastError {
  readonly code: ErrorCode;
  /** The model that failed; "" for a probe. */
  readonly model: string;
  /** What happened, in words. */
  readonly message: string;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/** One row of `GET /api/providers/health`. */
export interface ProviderHealth {
  readonly name: string;
  readonly status: HealthStatus;
  readonly score: number;
  readonly parts: HealthParts;
  /** Attempts and probes since the start that were answered, or failed by the provider's fault. */
  readonly attempts: number;
  readonly lastError: LastError | null;
  /** Unix milliseconds: since when the status has been this. */
  readonly sinceMs: number;
}

interface Figures {
  readonly successes: DecayingSum;
  readonly failures: DecayingSum;
  readonly limited: DecayingSum;
  readonly latency: LatencyBaseline;
  attempts: number;
  lastError: LastError | null;
  status: HealthStatus;
  sinceMs: number;
}

/** These say nothing about the provider's health: the request was at fault, or nothing was sent. */
const neutralCodes: ReadonlySet<ErrorCode> = new Set([
  "provider_rejected_request",
  "provider_model_not_found",
  "provider_circuit_open",
]);

export class ProviderHealthTracker {
  readonly #clock: Clock;
  readonly #condition: (provider: string) => ProviderCondition;
  readonly #figures = new Map<string, Figures>();

  /** `condition`: breakers and credentials of a provider, as they are now. */
  constructor(clock: Clock, condition: (provider: string) => ProviderCondition) {
    this.#clock = clock;
    this.#condition = condition;
  }

  /** Sets the providers that are watched; those known already keep their figures. */
  configure(providers: readonly string[]): void {
    for (const name of this.#figures.keys()) if (!providers.includes(name)) this.#figures.delete(name);
    for (const name of providers) if (!this.#figures.has(name)) this.#figures.set(name, this.#createFigures());
  }

  /** Takes the attempts of a finished call; who cannot count tokens may still answer. */
  observe(record: CallRecord): void {
    if (record.endpoint === "count-tokens") return;
    const nowMs = this.#clock.monotonicMs();
    for (const attempt of record.attempts) this.#observeAttempt(record, attempt, nowMs);
  }

  /** Takes the end of a probe; `failure` null: the provider answered. Counts like an attempt, without its latency. */
  observeProbe(provider: string, failure: ProbeFailure | null): void {
    const figures = this.#figures.get(provider);
    if (figures === undefined) return;
    if (failure === null) this.#countSuccess(figures);
    else this.#countFailure(figures, { ...failure, model: "", atMs: this.#clock.nowMs() });
  }

  /** All watched providers, in the order of the configuration. */
  read(): readonly ProviderHealth[] {
    return [...this.#figures].map(([name, figures]) => this.#readOne(name, figures));
  }

  #observeAttempt(record: CallRecord, attempt: AttemptRecord, nowMs: number): void {
    const figures = this.#figures.get(attempt.target.provider);
    if (figures === undefined) return;
    const { errorCode, message, endedAfterMs } = endOfAttempt(record, attempt);
    // Who leaves in the middle of an answer has seen that the provider gives one.
    if (errorCode === null || (attempt.errorCode === null && faultOf(errorCode) === "caller")) {
      this.#countSuccess(figures);
      const firstByteMs =
        record.firstByteMs === null ? attempt.durationMs : record.firstByteMs - attempt.startedAfterMs;
      figures.latency.observe(attempt.target.model, firstByteMs, nowMs);
      return;
    }
    this.#countFailure(figures, {
      code: errorCode,
      model: attempt.target.model,
      message: message ?? errorTable[errorCode].cause,
      atMs: record.startedAtMs + endedAfterMs,
    });
  }

  #countSuccess(figures: Figures): void {
    figures.attempts++;
    figures.successes.add(1, this.#clock.monotonicMs());
  }

  /** Counts what is the provider's fault. */
  #countFailure(figures: Figures, error: LastError): void {
    if (faultOf(error.code) !== "provider" || neutralCodes.has(error.code)) return;
    figures.attempts++;
    const count = error.code === "provider_rate_limited" ? figures.limited : figures.failures;
    count.add(1, this.#clock.monotonicMs());
    figures.lastError = error;
  }

  #readOne(name: string, figures: Figures): ProviderHealth {
    const parts = this.#parts(name, figures);
    const score = healthScore(parts);
    const status = healthStatus(score);
    if (status !== figures.status) {
      figures.status = status;
      figures.sinceMs = this.#clock.nowMs();
    }
    const { attempts, lastError, sinceMs } = figures;
    return { name, status, score, parts, attempts, lastError, sinceMs };
  }

  #parts(name: string, figures: Figures): HealthParts {
    const nowMs = this.#clock.monotonicMs();
    const { breakers, credentials } = this.#condition(name);
    const successes = figures.successes.at(nowMs);
    const limited = figures.limited.at(nowMs);
    const { ratio, weight } = figures.latency.ratio(nowMs);
    const openness = breakers.map((state) => (state === "closed" ? 1 : state === "half-open" ? 0.5 : 0));
    return {
      success: successPart(successes, figures.failures.at(nowMs)),
      latency: latencyPart(ratio, weight),
      headroom: headroomPart(successes + limited, limited, mean(credentials.map(({ freeShare }) => freeShare))),
      breaker: mean(openness),
    };
  }

  #createFigures(): Figures {
    return {
      successes: new DecayingSum(halfLifeMs),
      failures: new DecayingSum(halfLifeMs),
      limited: new DecayingSum(halfLifeMs),
      latency: new LatencyBaseline(),
      attempts: 0,
      lastError: null,
      status: "healthy",
      sinceMs: this.#clock.nowMs(),
    };
  }
}

/** 1 where there is nothing: no breaker has opened, no key rests. */
function mean(values: readonly number[]): number {
  return values.length === 0 ? 1 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
