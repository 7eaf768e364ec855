/** The recommendations for a period, read from the ledger, in the words of the cost optimizer's interface. */
import { dayMs } from "../core/time/durations.ts";
import { usdFromNanoUsd } from "../core/money.ts";
import type { Target } from "../core/target.ts";
import type { Budgets } from "../costs/budgets/budgets.ts";
import type { Ledger } from "../costs/ledger/ledger.ts";
import type { CostRecommendation } from "./cost-optimizer-types.ts";
import { costRecommendationOf } from "./cost-report-of.ts";
import type { TargetKnowledge } from "./sessions/estimate-session.ts";
import type { TargetMeasures } from "./ranking/rank-candidates.ts";
import { readBudgetUses } from "./recommendations/budget-use.ts";
import { readLedgerCalls } from "./recommendations/ledger-calls.ts";
import { recommend } from "./recommendations/recommend.ts";

export interface SavingsSources {
  readonly ledger: Ledger;
  /** Whose caps of the moment are looked at, for what is said of unused ones. */
  readonly budgets: Pick<Budgets, "settings">;
  readonly knowledge: TargetKnowledge;
  readonly qualityOf: TargetMeasures["qualityOf"];
  /** Targets of the configuration, as alternatives to those in use. */
  readonly targets: readonly Target[];
  /** By name. What calls to others cost is over: no advice about them, and none to go there. */
  readonly isConfigured: (provider: string) => boolean;
  /** null where the answer cache is on already. */
  readonly answerCacheTtlMs: number | null;
}

export interface SavingsRequest {
  readonly fromMs: number;
  readonly toMs: number;
  /** Only this user's calls; caps are left out then. */
  readonly user: string | undefined;
  readonly nowMs: number;
}

const monthMs = 30 * dayMs;

/** Rejects where the ledger cannot be read. */
export async function recommendSavings(
  sources: SavingsSources,
  request: SavingsRequest,
): Promise<readonly CostRecommendation[]> {
  const { ledger, budgets, knowledge } = sources;
  const { fromMs, user, nowMs } = request;
  const toMs = Math.min(request.toMs, nowMs);
  const found = await readLedgerCalls(ledger, { fromMs, toMs, user });
  const calls = found.filter(({ target }) => target === null || sources.isConfigured(target.provider));
  const periodMs = toMs - (calls[0]?.startedAtMs ?? toMs);
  const recommendations = recommend({
    calls,
    periodMs,
    pricesFor: (target, atMs, tokens) => knowledge.pricesFor(target, atMs, tokens),
    rulesOf: (target) => knowledge.rulesOf(target),
    qualityOf: sources.qualityOf,
    otherTargets: sources.targets,
    budgetUses: user === undefined ? await readBudgetUses(ledger, budgets.settings().caps, nowMs) : [],
    answerCacheTtlMs: sources.answerCacheTtlMs,
  });
  const cost = calls.reduce((sum, call) => sum + call.costNanoUsd, 0);
  return recommendations.map((one) =>
    costRecommendationOf(one, usdFromNanoUsd(cost) * (monthMs / Math.max(1, periodMs))),
  );
}
