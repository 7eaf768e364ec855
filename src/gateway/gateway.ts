/** What the call's path works with: everything that a configuration makes, wired by app/runtime/create-runtime.ts. */
import type { CallRecord } from "../core/record.ts";
import type { Clock } from "../core/time/clock.ts";
import type { Logger } from "../core/log/logging.ts";
import type { BudgetThresholds } from "../costs/budgets/announcing/budget-events.ts";
import type { Budgets } from "../costs/budgets/budgets.ts";
import type { PriceBook } from "../costs/prices/price-book.ts";
import type { BudgetUse } from "../monitoring/budget-use.ts";
import type { PerformanceMonitor } from "../monitoring/performance/performance-monitor.ts";
import type { AnswerFacts } from "../dialects/answer-facts.ts";
import type { RemainingShares } from "../optimization/remaining-shares.ts";
import type { BreakerBoard } from "../providers/breaker-board.ts";
import type { Provider } from "../providers/provider.ts";
import type { Affinity } from "../routing/affinity.ts";
import type { RouteTable } from "../routing/plan.ts";
import type { AnswerCaching } from "./answer-caching.ts";
import type { KnownSigners } from "./prepare/prepare-request.ts";
import type { Authenticator } from "./request/authenticate.ts";
import type { LimitStore } from "./limits/limit-store.ts";
import type { LimitRule } from "./limits/limits-for.ts";
import type { OpenCalls } from "./open-calls.ts";
import type { CostRouting } from "./plan/order-by-cost.ts";
import type { CallRequest } from "./request/read-call.ts";
import type { BodyLimit } from "./request/receive-body.ts";
import type { RetrySettings } from "../core/failure-settings.ts";

export interface Gateway extends KnownSigners {
  readonly clock: Clock;
  /** 0 to 1, for the jitter of retries. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly bodyLimit: BodyLimit;
  readonly authenticator: Authenticator;
  readonly limitRules: readonly LimitRule[];
  readonly limits: LimitStore;
  readonly openCalls: OpenCalls;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly routes: RouteTable;
  readonly affinity: Affinity | null;
  /** null: targets keep the order of the rules. */
  readonly costRouting: CostRouting | null;
  /** Hears how full a caller's budgets are. */
  readonly remainingShares: Pick<RemainingShares, "observe">;
  /** null: the answer cache is off. */
  readonly caching: AnswerCaching | null;
  readonly breakers: BreakerBoard;
  /** Of token counting, whose failures say nothing about answers. */
  readonly countBreakers: BreakerBoard;
  readonly retries: RetrySettings;
  /** Where a call goes on whose prompt did not fit its target. */
  readonly contextOverflow: readonly string[];
  readonly priceBook: PriceBook;
  readonly budgets: Pick<Budgets, "hold" | "settle" | "isUncapped">;
  readonly budgetThresholds: BudgetThresholds;
  /** Each hears of every finished call once. Must not throw, must be quick. */
  readonly recordSinks: readonly ((record: CallRecord) => void)[];
  /** Hears of every finished call with what its answer held. Must not throw, must be quick. */
  readonly answerSink: (record: CallRecord, facts: AnswerFacts, request: CallRequest | null) => void;
  /** Takes the state of a call's budgets. */
  readonly budgetUse: Pick<BudgetUse, "observe">;
  /** Takes the time of what happens after a call's record is made. */
  readonly performance: Pick<PerformanceMonitor, "observe">;
  /** Whether providers get a `traceparent` with each attempt even where the client sent none. */
  readonly sendsTraceparent: boolean;
}
