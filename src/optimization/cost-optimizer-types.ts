/** The words of the cost optimizer's public interface. Money is in US dollars here: this is an edge. */
import type { MemberScope } from "../core/member-scope.ts";
import type { BudgetPeriod } from "../costs/budgets/caps/windows.ts";
import type { CostThresholds } from "./ranking/score-weights.ts";

/** `optimization` of the configuration. */
export interface CostOptimizationConfig {
  /** US dollars for everyone together; null: no cap. */
  readonly budgets: {
    readonly daily: number | null;
    readonly weekly: number | null;
    readonly monthly: number | null;
  };
  /** Spent shares of a budget, 0 to 1, from which cost weighs 0.5 and 0.8 in a ranking. */
  readonly costThresholds: CostThresholds;
  readonly optimizationStrategies: {
    /** Whether the answer cache is recommended. */
    readonly cachingEnabled: boolean;
    /** Whether rules may let another model serve their calls. */
    readonly smartRouting: boolean;
    /** Whether budgets refuse calls, and weigh in a ranking. */
    readonly budgetEnforcement: boolean;
    /** Whether targets are ranked at all. */
    readonly costAwareRouting: boolean;
  };
}

/** What a ranking must know of a request. */
export interface RouteRequest {
  readonly askedModel: string;
  /** Size of its JSON. */
  readonly requestBytes: number;
}

/** Who asks, and in which conversation. */
export interface RoutingContext {
  readonly userId: string;
  readonly team?: string | null;
  readonly tier?: string;
  readonly keyId?: string;
  readonly sessionId?: string | null;
  readonly agentId?: string | null;
}

/** A cap in its running window; the tightest one where several hold. */
export interface BudgetWindowStatus {
  readonly limit: number;
  /** Spent, and held for calls on their way. */
  readonly used: number;
  readonly remaining: number;
  /** Of the limit. */
  readonly percentage: number;
  readonly resetsAt: Date;
}

/** null: no cap holds for that window. */
export interface BudgetStatus {
  readonly daily: BudgetWindowStatus | null;
  readonly weekly: BudgetWindowStatus | null;
  readonly monthly: BudgetWindowStatus | null;
  /** 0 to 1, of the tightest cap; null: none holds. */
  readonly smallestRemainingShare: number | null;
  /** What the user's own spending of the month will be, as reports forecast it; null on less than a week's history. */
  readonly projectedMonthly: number | null;
}

export interface CostContext {
  readonly tokenCount: number;
  /** Served by the answer cache. */
  readonly cacheHit: boolean;
  /** In the caller's own words. */
  readonly requestType: string;
}

/** A cost that was told by `trackCost`. */
export interface CostRecord {
  readonly userId: string;
  readonly provider: string;
  readonly model: string;
  readonly cost: number;
  readonly timestamp: Date;
  readonly context: CostContext;
}

export interface CostMetrics {
  readonly totalCost: number;
  readonly costByProvider: Readonly<Record<string, number>>;
  readonly costByUser: Readonly<Record<string, number>>;
  readonly costByModel: Readonly<Record<string, number>>;
  readonly period: { readonly start: Date; readonly end: Date };
}

export interface CostSavings {
  /** By the answer cache and the providers' prompt caches; negative where cache writes were not repaid. */
  readonly cachingAmount: number;
  readonly smartRoutingAmount: number;
  readonly totalPotentialCost: number;
  readonly actualCost: number;
  readonly savingsPercentage: number;
}

export interface CostRecommendation {
  readonly type: string;
  readonly priority: "low" | "medium" | "high";
  readonly title: string;
  readonly description: string;
  /** US dollars a month. */
  readonly potentialSavings: number;
  readonly basedOnCalls: number;
  readonly howComputed: string;
}

/** null: too little history to tell. */
export interface CostTrends {
  readonly dailyAverage: number | null;
  /** Change week over week, in percent. */
  readonly weeklyTrend: number | null;
  readonly monthlyProjection: number | null;
}

export interface CostReport {
  readonly period: { readonly start: Date; readonly end: Date };
  readonly totalCost: number;
  readonly costBreakdown: {
    readonly byProvider: Readonly<Record<string, number>>;
    readonly byModel: Readonly<Record<string, number>>;
    readonly byUser: Readonly<Record<string, number>>;
  };
  readonly savings: CostSavings;
  readonly recommendations: readonly CostRecommendation[];
  readonly trends: CostTrends;
}

/** A budget that a cost passes or would pass; also the event `budgetLimitExceeded`, told once a breach. */
export interface BudgetLimitExceeded {
  /** null for a cap that is not one user's. */
  readonly userId: string | null;
  readonly type: BudgetPeriod;
  readonly scope: MemberScope;
  readonly id: string;
  /** US dollars, the cost in question counted once. */
  readonly usage: number;
  readonly limit: number;
}

/** What `checkBudgetLimits` found. */
export interface BudgetCheck {
  readonly exceeded: readonly BudgetLimitExceeded[];
  /** True where something is exceeded and budgets are enforced. */
  readonly isRefused: boolean;
}
