/**
 * The cost optimizer: ranks targets, estimates and tracks costs, reports, recommends, and tells when a budget is passed.
 *
 * It owns no figures: money is counted by the budgets, kept by the ledger and priced by the price book. The gateway
 * itself uses the pure parts (`plan-by-cost.ts`); this class is their face for the operators' API and for library users.
 */
import { EventEmitter } from "node:events";
import type { Clock } from "../core/time/clock.ts";
import { createCallId } from "../core/ids.ts";
import type { Logger } from "../core/log/logging.ts";
import { nanoUsdFromUsd, usdFromNanoUsd } from "../core/money.ts";
import type { Target } from "../core/target.ts";
import type { BucketState } from "../costs/budgets/store/budget-store.ts";
import type { Budgets } from "../costs/budgets/budgets.ts";
import type { BudgetBucket, BudgetSubject } from "../costs/budgets/caps/caps.ts";
import { generateCostReport } from "../costs/reports/cost-report.ts";
import { readTrends } from "../costs/reports/read-trends.ts";
import { smallestRemainingShare, windowStatusOf } from "./budget-status.ts";
import type {
  BudgetCheck,
  BudgetLimitExceeded,
  BudgetStatus,
  CostContext,
  CostMetrics,
  CostOptimizationConfig,
  CostRecommendation,
  CostRecord,
  CostReport,
  RouteRequest,
  RoutingContext,
} from "./cost-optimizer-types.ts";
import { costMetricsOf, costReportOf } from "./cost-report-of.ts";
import { findConversation } from "./sessions/find-conversation.ts";
import { estimateSession } from "./sessions/estimate-session.ts";
import type { EstimateInputs } from "./sessions/estimate-session.ts";
import { toRankCandidates } from "./ranking/rank-candidates.ts";
import type { TargetMeasures } from "./ranking/rank-candidates.ts";
import { rankTargets } from "./ranking/rank-targets.ts";
import type { ProviderRanking } from "./ranking/rank-targets.ts";
import { recommendSavings } from "./recommend-savings.ts";
import type { SavingsSources } from "./recommend-savings.ts";
import { rankingInGivenOrder } from "./ranking/ranking-in-given-order.ts";
import type { SessionCaches } from "./sessions/session-caches.ts";
import { createToldBreaches } from "./told-breaches.ts";
import { toTrackedRecord } from "./tracked-record.ts";

export interface CostOptimizerParts extends SavingsSources, TargetMeasures {
  readonly budgets: Budgets;
  readonly sessions: Pick<SessionCaches, "find">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Events: `budgetLimitExceeded` with one `BudgetLimitExceeded`, once for each breach. */
export class CostOptimizer extends EventEmitter<{ budgetLimitExceeded: [BudgetLimitExceeded] }> {
  readonly #config: CostOptimizationConfig;
  readonly #parts: CostOptimizerParts;
  readonly #logger: Logger;
  readonly #told = createToldBreaches();
  readonly #unsubscribe: () => void;

  constructor(config: CostOptimizationConfig, parts: CostOptimizerParts) {
    super();
    this.#config = config;
    this.#parts = parts;
    this.#logger = parts.logger.child({ component: "cost-optimizer" });
    this.#unsubscribe = parts.budgets.subscribe((event) => {
      if (event.kind === "budgetLimitExceeded") this.#tell(event.bucket, usdFromNanoUsd(event.spentNanoUsd));
    });
  }

  /** The candidates, best first, each with the parts of its score and a reason. Rejects where budgets cannot be read. */
  async optimizeRoute(
    request: RouteRequest,
    candidates: readonly Target[],
    context: RoutingContext,
  ): Promise<readonly ProviderRanking[]> {
    const { optimizationStrategies: strategies, costThresholds: thresholds } = this.#config;
    const costs = estimateSession(candidates, this.#estimateInputs(request, context));
    const list = toRankCandidates(candidates, costs, this.#parts);
    if (!strategies.costAwareRouting) return rankingInGivenOrder(list, thresholds);
    const states = strategies.budgetEnforcement
      ? await this.#parts.budgets.statusOf(subjectOf(context, request.askedModel))
      : [];
    return rankTargets(list, { remainingBudgetShare: smallestRemainingShare(states), thresholds });
  }

  /** US dollars that the next call would cost at `target`, its prompt cache counted where `context` names a session. */
  estimateCost(request: RouteRequest, target: Target, context: RoutingContext): number {
    const [cost] = estimateSession([target], this.#estimateInputs(request, context));
    return usdFromNanoUsd(cost!.nextNanoUsd);
  }

  /**
   * Takes a cost into budgets and ledger, for calls that did not go through the router (the gateway settles its own).
   * A report has it once this resolves, unless the database is away: then it waits in the journal. Rejects with RangeError where `actualCost` (US dollars) is negative or no number.
   */
  async trackCost(
    userId: string,
    provider: string,
    model: string,
    actualCost: number,
    context: CostContext,
  ): Promise<CostRecord> {
    if (!(actualCost >= 0)) throw new RangeError(`not a cost in US dollars: ${actualCost}`);
    const { budgets, ledger, clock } = this.#parts;
    const [atMs, costNanoUsd] = [clock.nowMs(), nanoUsdFromUsd(actualCost)];
    const id = createCallId(atMs);
    const subject = subjectOf({ userId }, model);
    // Nothing is held: the money is gone. First the budgets, which may have to be restored from the ledger.
    const range = { leastNanoUsd: 0, mostNanoUsd: 0 };
    const verdict = await budgets.hold({ callId: id, subject, atMs, range });
    if (verdict.kind === "held") await budgets.settle(verdict.ticket, costNanoUsd);
    else
      this.#logger.warn({ user: userId, verdict: verdict.kind }, "a tracked cost is in the ledger, not in the budgets");
    ledger.append(toTrackedRecord({ id, atMs, subject, provider, model, costNanoUsd, context }));
    await ledger.flush();
    return { userId, provider, model, cost: usdFromNanoUsd(costNanoUsd), timestamp: new Date(atMs), context };
  }

  /** Daily, weekly and monthly state of the tightest caps that hold for a user. */
  async getBudgetStatus(userId: string, context: Partial<RoutingContext> = {}): Promise<BudgetStatus> {
    const states = await this.#statesOf(userId, context);
    return {
      daily: windowStatusOf(states, "daily"),
      weekly: windowStatusOf(states, "weekly"),
      monthly: windowStatusOf(states, "monthly"),
      smallestRemainingShare: smallestRemainingShare(states),
      projectedMonthly: await this.#projectMonth(userId),
    };
  }

  /** Which caps of a user a further cost of `newCost` US dollars would pass; it is counted once, not yet spent. */
  async checkBudgetLimits(
    userId: string,
    newCost: number,
    context: Partial<RoutingContext> = {},
  ): Promise<BudgetCheck> {
    const newNanoUsd = nanoUsdFromUsd(newCost);
    const exceeded: BudgetLimitExceeded[] = [];
    for (const { bucket, spentNanoUsd, heldNanoUsd } of await this.#statesOf(userId, context)) {
      const usageNanoUsd = spentNanoUsd + heldNanoUsd + newNanoUsd;
      if (usageNanoUsd <= bucket.limitNanoUsd) continue;
      exceeded.push(breachOf(bucket, usdFromNanoUsd(usageNanoUsd)));
      this.#tell(bucket, usdFromNanoUsd(usageNanoUsd));
    }
    return { exceeded, isRefused: exceeded.length > 0 && this.#config.optimizationStrategies.budgetEnforcement };
  }

  /** Costs, savings, trends and recommendations of a period (rounded to whole UTC hours). */
  async generateCostReport(startDate: Date, endDate: Date, userId?: string): Promise<CostReport> {
    const recommendations = await this.generateRecommendations(startDate, endDate, userId);
    return this.#report(startDate, endDate, userId, recommendations);
  }

  /** The bare sums of a period. */
  async getCostMetrics(startDate: Date, endDate: Date, userId?: string): Promise<CostMetrics> {
    return costMetricsOf(await this.#report(startDate, endDate, userId, []));
  }

  /** What would have saved money in a period, the most first; nothing on too little data. */
  async generateRecommendations(
    startDate: Date,
    endDate: Date,
    userId?: string,
  ): Promise<readonly CostRecommendation[]> {
    const [fromMs, toMs, nowMs] = [startDate.getTime(), endDate.getTime(), this.#parts.clock.nowMs()];
    const all = await recommendSavings(this.#parts, { fromMs, toMs, user: userId, nowMs });
    const { cachingEnabled } = this.#config.optimizationStrategies;
    return all.filter(({ type }) => type !== "answer-caching" || cachingEnabled);
  }

  /** Hears no more of the budgets. What it was given stays open. */
  close(): void {
    this.#unsubscribe();
    this.removeAllListeners();
  }

  #estimateInputs(request: RouteRequest, { sessionId = null, agentId = null }: RoutingContext): EstimateInputs {
    const { knowledge, sessions, clock } = this.#parts;
    return {
      knowledge,
      ...findConversation(sessions, { sessionId, agentId }, request.askedModel),
      requestBytes: request.requestBytes,
      nowMs: clock.nowMs(),
    };
  }

  /** States of the caps that surely hold for the user: those of a team, say, only where the team is named. */
  async #statesOf(userId: string, context: Partial<RoutingContext>): Promise<readonly BucketState[]> {
    const states = await this.#parts.budgets.statusOf(subjectOf({ ...context, userId }, ""));
    return states.filter(({ bucket }) => bucket.scope === "all" || bucket.id !== "");
  }

  /** As reports project it. */
  async #projectMonth(userId: string): Promise<number | null> {
    const { ledger, clock } = this.#parts;
    const { forecast } = await readTrends(ledger, { user: userId }, clock.nowMs());
    return forecast?.monthUsd ?? null;
  }

  async #report(
    start: Date,
    end: Date,
    user: string | undefined,
    recommendations: readonly CostRecommendation[],
  ): Promise<CostReport> {
    const report = await generateCostReport(this.#parts.ledger, {
      fromMs: start.getTime(),
      toMs: end.getTime(),
      nowMs: this.#parts.clock.nowMs(),
      limit: 10_000,
      filter: user === undefined ? undefined : { user },
    });
    return costReportOf(report, { start, end }, recommendations);
  }

  #tell(bucket: BudgetBucket, usageUsd: number): void {
    if (!this.#told.isFirst(bucket, this.#parts.clock.nowMs())) return;
    const breach = breachOf(bucket, usageUsd);
    this.#logger.warn({ ...breach }, "a budget is exceeded");
    this.emit("budgetLimitExceeded", breach);
  }
}

function subjectOf(context: RoutingContext, askedModel: string): BudgetSubject {
  const { userId, team = null, tier = "", keyId = "" } = context;
  return { user: userId, team, tier, keyId, askedModel };
}

function breachOf({ scope, id, period, limitNanoUsd }: BudgetBucket, usage: number): BudgetLimitExceeded {
  return { userId: scope === "user" ? id : null, type: period, scope, id, usage, limit: usdFromNanoUsd(limitNanoUsd) };
}
