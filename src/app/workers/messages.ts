/** What parent and workers say to each other, by subject. */
import type { AnswerCacheStats } from "../../cache/answer-cache.ts";
import type { Config } from "../../config/schema.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { CallRecord } from "../../core/record.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { BudgetTicket, BudgetVerdict } from "../../costs/budgets/budget-verdict.ts";
import type { Limit } from "../../gateway/limits/limits-for.ts";
import type { MetricsSnapshot } from "../../monitoring/series/merge-snapshots.ts";
import type { RunningTrace } from "../../monitoring/tracing/trace-store.ts";
import type { BreakerEvent, BreakerOverview } from "../../providers/breaker-board.ts";
import type { CredentialState } from "../../providers/provider.ts";
import type { SessionTarget } from "../../routing/shared-affinity.ts";
import type { KeysOf } from "../runtime/keys-of.ts";
import type { JudgedAnswer } from "../process/finished-calls.ts";
import type { ProviderUpstream } from "../process/live-parts.ts";

/** To a worker: what to serve. */
export interface Assignment {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  /** As the parent has read them: a keys file that is gone by now opens no worker to everybody. */
  readonly keys: KeysOf;
  /** Where the parent answers what is no call. */
  readonly adminSocket: string;
}

/** To a worker, before all else, with the bound port beside it. */
export const portMessage = { kind: "port" } as const;

/** From a worker, of its listening. */
export type Begun =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "failed"; readonly message: string; readonly code: string | null };

export interface FinishedOfWorker {
  readonly record: CallRecord;
  readonly judged: JudgedAnswer | null;
}

/** What a worker answered itself that was no call. */
export interface RequestOfWorker {
  readonly route: string;
  readonly method: string;
  readonly status: number;
}

/** A change of a breaker. */
export type Transition = Pick<BreakerEvent, "target" | "to">;

export interface HoldAnswer {
  readonly verdict: BudgetVerdict;
  /** No cap holds for anybody. */
  readonly isUncapped: boolean;
}

/** What a call cost that no budget holds for: later caps expect by it. */
export interface SettledUnheld {
  readonly ticket: BudgetTicket;
  readonly costNanoUsd: NanoUsd;
}

export interface Settled {
  readonly callId: string;
  readonly costNanoUsd: NanoUsd;
}

/** Of calls that are over. */
export interface OverOfWorker {
  readonly calls: readonly FinishedOfWorker[];
  readonly settled: readonly Settled[];
}

export interface EnterLimits {
  readonly callId: number;
  readonly limits: readonly Limit[];
}

export interface LeaveLimits {
  readonly callId: number;
  readonly tokens: number;
}

export interface SavedSession {
  readonly session: string;
  readonly found: SessionTarget;
}

export interface NewsMessage {
  readonly subject: string;
  readonly message: JsonObject;
}

/** What runs in a worker at this moment. */
export interface WorkerLook {
  readonly callsInFlight: number;
  readonly calls: readonly JsonObject[];
  readonly traces: readonly RunningTrace[];
  readonly upstreams: readonly ProviderUpstream[];
  readonly callsByProvider: readonly (readonly [string, number])[];
  readonly breakers: readonly BreakerOverview[];
  readonly credentials: readonly (readonly [string, readonly CredentialState[]])[];
  readonly cache: AnswerCacheStats;
  readonly metrics: MetricsSnapshot;
}
