/**
 * What a recommendation is, and what one may look at. Each kind stands in its own file as a pure function of the
 * ledger's calls: it answers with a figure that replaying the calls under it reproduces, or with null on too little data.
 */
import { dayMs } from "../../core/time/durations.ts";
import type { NanoUsd } from "../../core/money.ts";
import { formatUsd, usdFromNanoUsd } from "../../core/money.ts";
import type { AppliedPrices } from "../../core/record.ts";
import type { Target } from "../../core/target.ts";
import type { PromptCacheRules } from "../sessions/prompt-cache-rules.ts";
import type { TargetMeasures } from "../ranking/rank-candidates.ts";
import type { BudgetUse } from "./budget-use.ts";
import type { LedgerCall } from "./ledger-calls.ts";

export type RecommendationKind =
  | "answer-caching"
  | "prompt-cache"
  | "alternative-target"
  | "background-calls"
  | "unused-headroom"
  | "peak-hours"
  | "failed-calls";

export interface Recommendation {
  readonly kind: RecommendationKind;
  /** What to do, as a short order. */
  readonly title: string;
  readonly description: string;
  /** Calls that would have cost less. */
  readonly basedOnCalls: number;
  /** What those calls would have cost less, in all. */
  readonly savedNanoUsd: NanoUsd;
  /** The same, for thirty days at that pace. */
  readonly savingPerMonthUsd: number;
  /** Against what it was computed, from which calls, under which assumptions. */
  readonly howComputed: string;
}

export interface RecommendationInputs {
  /** Oldest first. */
  readonly calls: readonly LedgerCall[];
  /** From the first of the calls to the end of the period that was asked for. */
  readonly periodMs: number;
  pricesFor(target: Target, atMs: number, contextTokens: number): AppliedPrices;
  readonly rulesOf: (target: Target) => PromptCacheRules;
  readonly qualityOf: TargetMeasures["qualityOf"];
  /** Targets that calls might go to besides those in the ledger: the configured ones. */
  readonly otherTargets: readonly Target[];
  readonly budgetUses: readonly BudgetUse[];
  /** How long the answer cache would keep an answer; null where it is on already. */
  readonly answerCacheTtlMs: number | null;
}

/** Nothing is recommended on fewer calls or days than these. */
const enoughCalls = 100;
const enoughMs: number = 3 * dayMs;
const monthMs = 30 * dayMs;

/** True where `inputs` are enough to recommend anything. */
export function isEnoughData({ calls, periodMs }: RecommendationInputs): boolean {
  return calls.length >= enoughCalls && periodMs >= enoughMs;
}

/** `amount` of the period as an amount of thirty days. */
export function perMonthUsd(amount: NanoUsd, periodMs: number): number {
  return usdFromNanoUsd(Math.round((amount * monthMs) / periodMs));
}

/** The sentence that ends every account: from the amount of the period to the one of a month. */
export function describePeriod(saved: NanoUsd, { periodMs }: RecommendationInputs): string {
  return `${formatUsd(saved)} in ${(periodMs / dayMs).toFixed(1)} days, carried on to 30 days.`;
}
