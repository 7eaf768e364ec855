/**
 * A finished call as metrics. Runs once per call, after its answer: label values become small numbers once, then
 * each metric costs one map lookup and one addition.
 */
import { errorTable, faultOf } from "../core/errors/error-table.ts";
import type { ErrorCode } from "../core/errors/error-table.ts";
import { decisiveTarget, endOfAttempt, isServedByCache, routerMs } from "../core/record.ts";
import type { AttemptRecord, CallRecord, CacheStatus, Endpoint, Outcome, PassedOver } from "../core/record.ts";
import { isSameTarget } from "../core/target.ts";
import type { Target } from "../core/target.ts";
import * as labels from "./catalog/labels.ts";
import type { LabelDefinition } from "./catalog/metric-definition.ts";
import type { LabelDomain } from "./series/label-domain.ts";
import type { MetricSet } from "./series/metric-set.ts";
import type { CounterSeries, Exemplar, HistogramSeries } from "./series/series.ts";
import type { UserLabels } from "./series/user-labels.ts";
import { routeOfEndpoint } from "./routes.ts";
import { traceIdOf } from "./trace-id.ts";

/** The label of a status: itself where it is one of ours, else its class (`5xx` matches `5..` too). */
export function statusLabel(statusCode: LabelDomain, status: number): number {
  return statusCode.idOf(String(status)) || statusCode.idOf(`${Math.floor(status / 100)}xx`);
}

export class CallObserver {
  readonly #users: UserLabels;
  readonly #providers: LabelDomain;
  readonly #models: LabelDomain;
  readonly #tiers: LabelDomain;
  readonly #post: number;
  readonly #noProvider: number;
  readonly #routes: Readonly<Record<Endpoint, number>>;
  readonly #statuses: readonly number[];
  readonly #errorTypes: ReadonlyMap<ErrorCode, number>;
  readonly #outcomes: Readonly<Record<Outcome, number>>;
  readonly #cacheUses: Readonly<Record<CacheStatus, number>>;
  readonly #hit: number;
  readonly #miss: number;
  readonly #success: number;
  readonly #error: number;
  readonly #tokenKinds: readonly number[];
  readonly #requests: CounterSeries;
  readonly #duration: HistogramSeries;
  readonly #outcomeCount: CounterSeries;
  readonly #errors: CounterSeries;
  readonly #overhead: HistogramSeries;
  readonly #attempts: HistogramSeries;
  readonly #cacheAnswers: CounterSeries;
  readonly #providerRequests: CounterSeries;
  readonly #providerLatency: HistogramSeries;
  readonly #providerErrors: CounterSeries;
  readonly #retries: CounterSeries;
  readonly #failovers: CounterSeries;
  readonly #firstByte: HistogramSeries;
  readonly #perToken: HistogramSeries;
  readonly #tokens: CounterSeries;
  readonly #cost: CounterSeries;

  constructor(set: MetricSet, users: UserLabels) {
    const idOf = (label: LabelDefinition, value: string): number => set.domain(label).idOf(value);
    this.#users = users;
    this.#providers = set.domain(labels.provider);
    this.#models = set.domain(labels.model);
    this.#tiers = set.domain(labels.userTier);
    this.#post = idOf(labels.method, "POST");
    this.#noProvider = idOf(labels.provider, "none");
    this.#routes = mapValues(routeOfEndpoint, (route) => idOf(labels.route, route));
    this.#statuses = Array.from({ length: 600 }, (_, status) => statusLabel(set.domain(labels.statusCode), status));
    this.#errorTypes = new Map(
      (Object.keys(errorTable) as ErrorCode[]).map((code) => [code, idOf(labels.errorType, code)]),
    );
    const outcomes = { success: "success", error: "error", aborted: "aborted", cut: "cut" } as const;
    this.#outcomes = mapValues(outcomes, (outcome) => idOf(labels.outcome, outcome));
    const uses = { hit: "hit", miss: "miss", joined: "joined", bypass: "bypass" } as const;
    this.#cacheUses = mapValues(uses, (use) => idOf(labels.cacheUse, use));
    this.#hit = idOf(labels.cacheStatus, "hit");
    this.#miss = idOf(labels.cacheStatus, "miss");
    this.#success = idOf(labels.attemptStatus, "success");
    this.#error = idOf(labels.attemptStatus, "error");
    const kinds = ["uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning"];
    this.#tokenKinds = kinds.map((kind) => idOf(labels.tokenKind, kind));
    this.#requests = set.counter("ccr_requests_total");
    this.#duration = set.histogram("ccr_request_duration_seconds");
    this.#outcomeCount = set.counter("ccr_call_outcomes_total");
    this.#errors = set.counter("ccr_errors_total");
    this.#overhead = set.histogram("ccr_router_overhead_seconds");
    this.#attempts = set.histogram("ccr_attempts_per_call");
    this.#cacheAnswers = set.counter("ccr_cache_answers_total");
    this.#providerRequests = set.counter("ccr_provider_requests_total");
    this.#providerLatency = set.histogram("ccr_provider_latency_seconds");
    this.#providerErrors = set.counter("ccr_provider_errors_total");
    this.#retries = set.counter("ccr_retries_total");
    this.#failovers = set.counter("ccr_failovers_total");
    this.#firstByte = set.histogram("ccr_time_to_first_byte_seconds");
    this.#perToken = set.histogram("ccr_time_per_output_token_seconds");
    this.#tokens = set.counter("ccr_tokens_total");
    this.#cost = set.counter("ccr_cost_total_usd");
  }

  /** Counts one finished call in every metric that it concerns. */
  observe(record: CallRecord): void {
    const route = this.#routes[record.endpoint];
    const decisive = decisiveTarget(record);
    const provider = decisive === null ? this.#noProvider : this.#providers.idOf(decisive.provider);
    const isHit = isServedByCache(record);
    const status = this.#statuses[record.status] ?? 0;
    const tier = this.#tiers.idOf(record.caller.tier);
    const traceId = traceIdOf(record);
    const atMs = record.startedAtMs + record.durationMs;
    this.#requests.add(this.#requests.row(this.#post, route, status, provider, tier), 1);
    const seconds = record.durationMs / 1000;
    const row = this.#duration.row(this.#post, route, provider, isHit ? this.#hit : this.#miss);
    this.#duration.observe(row, seconds, { traceId, value: seconds, atMs });
    this.#outcomeCount.add(this.#outcomeCount.row(route, this.#outcomes[record.outcome]), 1);
    this.#cacheAnswers.add(this.#cacheAnswers.row(this.#cacheUses[record.cacheStatus]), 1);
    this.#overhead.observe(this.#overhead.row(route), routerMs(record) / 1000);
    this.#attempts.observe(this.#attempts.row(), record.attempts.length);
    if (record.errorCode !== null) this.#errors.add(this.#errors.row(this.#errorType(record.errorCode)), 1);
    this.#observeAttempts(record, traceId, atMs);
    if (record.target !== null) this.#observeServed(record, record.target, traceId, atMs);
  }

  #observeAttempts(record: CallRecord, traceId: string, atMs: number): void {
    const isCount = isCountOfTokens(record);
    this.#observeSteps(record);
    for (const { target, errorCode } of passedOverOf(record)) {
      if (errorCode !== "provider_circuit_open") continue;
      this.#providerErrors.add(
        this.#providerErrors.row(this.#providers.idOf(target.provider), this.#errorType(errorCode)),
        1,
      );
    }
    for (const attempt of record.attempts) {
      const { target } = attempt;
      const { errorCode } = endOfAttempt(record, attempt);
      const provider = this.#providers.idOf(target.provider);
      const isProviderFault = errorCode !== null && faultOf(errorCode) === "provider";
      if (errorCode !== null && isProviderFault) {
        this.#providerErrors.add(this.#providerErrors.row(provider, this.#errorType(errorCode)), 1);
      }
      if (!wasSent(attempt)) continue;
      const model = this.#models.idOf(target.model);
      const status = isProviderFault ? this.#error : this.#success;
      this.#providerRequests.add(this.#providerRequests.row(provider, model, status), 1);
      if (isCount || !isLatencyTelling(attempt.errorCode)) continue;
      // The attempt's own duration ends where its answer begins.
      const isServed = attempt.errorCode === null && record.target !== null;
      const value = (isServed ? record.durationMs - attempt.startedAfterMs : attempt.durationMs) / 1000;
      this.#providerLatency.observe(this.#providerLatency.row(provider, model), value, { traceId, value, atMs });
    }
  }

  /** From one target to the next: the same target again is a retry, another one a fail-over. */
  #observeSteps(record: CallRecord): void {
    let before: AttemptRecord | PassedOver | null = null;
    for (const next of turnsOf(record)) {
      if (before !== null && before.errorCode !== null) {
        const series = isSameTarget(before.target, next.target) ? this.#retries : this.#failovers;
        series.add(series.row(this.#providers.idOf(before.target.provider), this.#errorType(before.errorCode)), 1);
      }
      before = next;
    }
  }

  #observeServed(record: CallRecord, target: Target, traceId: string, atMs: number): void {
    const provider = this.#providers.idOf(target.provider);
    const model = this.#models.idOf(target.model);
    const { usage, firstByteMs, cost } = record;
    const served = record.attempts.at(-1);
    if (served !== undefined && firstByteMs !== null && !isCountOfTokens(record)) {
      const value = Math.max(0, firstByteMs - served.startedAfterMs) / 1000;
      const exemplar: Exemplar = { traceId, value, atMs };
      this.#firstByte.observe(this.#firstByte.row(provider, model), value, exemplar);
      if (record.isStreaming && usage !== null && !record.isUsageEstimated && usage.output > 1) {
        const perToken = (record.durationMs - firstByteMs) / 1000 / (usage.output - 1);
        this.#perToken.observe(this.#perToken.row(provider, model), perToken);
      }
    }
    // Nobody counted tokens anew for an answer that was there.
    if (usage !== null && !isServedByCache(record)) {
      this.#addTokens(provider, model, 0, usage.uncachedInput);
      this.#addTokens(provider, model, 1, usage.cacheRead);
      this.#addTokens(provider, model, 2, usage.cacheWrite5m);
      this.#addTokens(provider, model, 3, usage.cacheWrite1h);
      this.#addTokens(provider, model, 4, usage.output - usage.reasoning);
      this.#addTokens(provider, model, 5, usage.reasoning);
    }
    const nanoUsd = cost?.nanoUsd ?? 0;
    const user = this.#users.observe(record.caller.user, nanoUsd);
    if (cost !== null) this.#cost.add(this.#cost.row(provider, model, user), nanoUsd);
  }

  #addTokens(provider: number, model: number, kind: number, count: number): void {
    if (count > 0) this.#tokens.add(this.#tokens.row(provider, model, this.#tokenKinds[kind]), count);
  }

  #errorType(code: ErrorCode): number {
    return this.#errorTypes.get(code) ?? 0;
  }
}

/** What a call met in turn: its attempts, and the targets that it left without one. */
function turnsOf(record: CallRecord): readonly (AttemptRecord | PassedOver)[] {
  const { attempts } = record;
  const passedOver = passedOverOf(record);
  if (passedOver.length === 0) return attempts;
  const leftAfter = (count: number): readonly PassedOver[] => {
    const last = attempts[count - 1];
    // Refused another attempt, it was left for why the first one failed.
    return passedOver.filter(
      ({ target, afterAttempts }) =>
        afterAttempts === count && (last === undefined || !isSameTarget(last.target, target)),
    );
  };
  return [...attempts.flatMap((attempt, index) => [...leftAfter(index), attempt]), ...leftAfter(attempts.length)];
}

/** Counts of tokens have breakers of their own: many a provider answers and cannot count, which is no outage. */
function passedOverOf(record: CallRecord): readonly PassedOver[] {
  return isCountOfTokens(record) ? [] : (record.passedOver ?? []);
}

/** Whether an attempt reached the provider: the translation and a client that leaves may end it before. */
function wasSent(attempt: AttemptRecord): boolean {
  if (attempt.status !== null || attempt.errorCode === null) return true;
  if (attempt.errorCode === "caller_gone") return attempt.isUnsent !== true;
  return faultOf(attempt.errorCode) === "provider";
}

/** Counts of tokens are quick and many: among them slow answers would not show. */
function isCountOfTokens({ endpoint }: CallRecord): boolean {
  return endpoint === "count-tokens";
}

/** Whether an attempt's duration tells how fast the provider is: a quick refusal does not. */
function isLatencyTelling(errorCode: ErrorCode | null): boolean {
  return errorCode === null || errorCode === "provider_timeout" || errorCode === "provider_cut_answer";
}

function mapValues<Key extends string, Value>(
  table: Readonly<Record<Key, string>>,
  map: (value: string) => Value,
): Readonly<Record<Key, Value>> {
  const entries = (Object.entries(table) as [Key, string][]).map(([key, value]) => [key, map(value)] as const);
  return Object.fromEntries(entries) as Record<Key, Value>;
}
