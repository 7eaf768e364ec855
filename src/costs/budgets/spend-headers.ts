/**
 * Budgets in the words of Claude Code: headers on answers, headers of a refusal, the body of `/api/oauth/usage`.
 *
 * The client shows a notice past its thresholds and prints a refusal's message as it is, if nothing else in the
 * headers tells it to make up its own (https://code.claude.com/docs/en/claude-apps-gateway-spend-limits).
 */
import type { JsonObject } from "../../core/json/json.ts";
import { nanoPerCent } from "../../core/money.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { BudgetThresholds } from "./announcing/budget-events.ts";
import type { BucketState } from "./store/budget-store.ts";
import type { BudgetRefusal } from "./refusal.ts";

const prefix = "anthropic-ratelimit-unified";

/** Headers of a served answer: the fullest cap of the caller. Empty without caps. */
export function spendHeaders(states: readonly BucketState[], thresholds: BudgetThresholds): Record<string, string> {
  const fullest = fullestOf(states);
  if (fullest === null) return {};
  const used = usedShare(fullest);
  const passed = passedThreshold(used, thresholds);
  const status = passed === null ? "allowed" : "allowed_warning";
  const reset = String(Math.floor(fullest.bucket.endMs / 1000));
  return {
    [`${prefix}-status`]: status,
    [`${prefix}-overage-status`]: status,
    [`${prefix}-representative-claim`]: "overage",
    // Below 1 while calls are served, rounded down: 0.999 must not read as full.
    [`${prefix}-overage-utilization`]: (Math.floor(Math.min(used, 0.99) * 100) / 100).toFixed(2),
    ...(passed === null ? {} : { [`${prefix}-overage-surpassed-threshold`]: String(passed) }),
    [`${prefix}-reset`]: reset,
    [`${prefix}-overage-reset`]: reset,
  };
}

/**
 * Headers of a refusal at a cap, `retry-after` among them. Never a claim or an overage status: see above. Where only held
 * money is in the way there is nothing else: with any of the others the client gives up.
 */
export function refusalHeaders(refusal: BudgetRefusal): Record<string, string> {
  if (refusal.isForHeldMoney) return { "retry-after": String(refusal.retryAfterSeconds) };
  const reset = String(Math.floor(refusal.bucket.endMs / 1000));
  return {
    "retry-after": String(refusal.retryAfterSeconds),
    "x-should-retry": "false",
    [`${prefix}-status`]: "rejected",
    [`${prefix}-reset`]: reset,
    [`${prefix}-overage-reset`]: reset,
    [`${prefix}-overage-utilization`]: "1",
    [`${prefix}-overage-surpassed-threshold`]: "1",
    [`${prefix}-overage-period`]: refusal.bucket.period,
    [`${prefix}-overage-disabled-reason`]: "org_spend_cap_reached",
  };
}

/** Headers of a refusal because the counters cannot be read. */
export function unreadableHeaders(): Record<string, string> {
  return { "x-should-retry": "false", [`${prefix}-overage-disabled-reason`]: "fetch_error" };
}

/** The body of `GET /api/oauth/usage`. `extra_usage` is the monthly cap, or the fullest where there is none. */
export function oauthUsageBody(states: readonly BucketState[]): JsonObject {
  const monthly = fullestOf(states.filter((state) => state.bucket.period === "monthly"));
  const shown = monthly ?? fullestOf(states);
  return {
    extra_usage: {
      is_enabled: shown !== null,
      monthly_limit: shown === null ? null : cents(shown.bucket.limitNanoUsd),
      used_credits: shown === null ? 0 : cents(shown.spentNanoUsd),
      utilization: shown === null ? 0 : percent(shown),
      currency: "USD",
    },
    limits: fullestOfEachPeriod(states).map((state) => ({
      kind: "spend",
      group: state.bucket.period,
      percent: percent(state),
      resets_at: new Date(state.bucket.endMs).toISOString(),
      severity: "normal",
      is_active: true,
    })),
  };
}

/** The cap of which the largest share is spent; null of none. */
export function fullestOf(states: readonly BucketState[]): BucketState | null {
  let fullest: BucketState | null = null;
  for (const state of states) if (fullest === null || usedShare(state) > usedShare(fullest)) fullest = state;
  return fullest;
}

/** Spent money over the limit; a limit of nothing is full. */
export function usedShare(state: BucketState): number {
  return state.bucket.limitNanoUsd === 0 ? 1 : state.spentNanoUsd / state.bucket.limitNanoUsd;
}

function fullestOfEachPeriod(states: readonly BucketState[]): BucketState[] {
  const byPeriod = Map.groupBy(states, (state) => state.bucket.period);
  return [...byPeriod.values()].flatMap((group) => fullestOf(group) ?? []);
}

function passedThreshold(used: number, { warning, critical }: BudgetThresholds): number | null {
  if (used >= critical) return critical;
  return used >= warning ? warning : null;
}

function cents(nanoUsd: NanoUsd): number {
  return Math.round(nanoUsd / nanoPerCent);
}

function percent(state: BucketState): number {
  return Math.min(100, Math.floor(usedShare(state) * 100));
}
