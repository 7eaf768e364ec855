/** One call of the ledger as a flat line, for `/api/costs/records` and CSV. */
import { usdFromNanoUsd } from "../../core/money.ts";
import { decisiveTarget } from "../../core/record.ts";
import type { LedgerEntry } from "../ledger/ledger.ts";

/** The columns that people ask for; `routeReason` says why the call went where it went. */
export interface RecordLine {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly user: string;
  readonly team: string | null;
  readonly tier: string;
  readonly key: string;
  readonly session: string | null;
  readonly agent: string | null;
  readonly askedModel: string;
  /** That served the call, else that was tried last; so is the model. */
  readonly provider: string | null;
  readonly model: string | null;
  readonly answeredModel: string | null;
  readonly route: string | null;
  readonly routeReason: string | null;
  readonly attempts: number;
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly serverToolRequests: number;
  readonly isUsageEstimated: boolean;
  /** After corrections. */
  readonly costUsd: number | null;
  readonly isCorrected: boolean;
  readonly priceSource: string | null;
  /** The provider's, where it is not its usual one. */
  readonly serviceTier: string | null;
  readonly savedUsd: number;
  readonly cacheStatus: string;
  readonly durationMs: number;
  readonly firstByteMs: number | null;
  readonly status: number;
  readonly outcome: string;
  readonly errorCode: string | null;
}

/** The columns of a table of lines. */
export const recordColumns: readonly (keyof RecordLine)[] = [
  "id", "time", "user", "team", "tier", "key", "session", "agent", "askedModel", "provider", "model",
  "answeredModel", "route", "routeReason", "attempts", "uncachedInputTokens", "cacheReadTokens",
  "cacheWrite5mTokens", "cacheWrite1hTokens", "outputTokens", "reasoningTokens", "serverToolRequests",
  "isUsageEstimated", "costUsd", "isCorrected", "priceSource", "serviceTier", "savedUsd", "cacheStatus",
  "durationMs", "firstByteMs", "status", "outcome", "errorCode",
]; // prettier-ignore

/** The line of an entry. */
export function toRecordLine({ record, costNanoUsd, corrections }: LedgerEntry): RecordLine {
  const { caller, client, usage, savings } = record;
  const target = decisiveTarget(record);
  const prices = corrections.at(-1)?.prices ?? record.cost?.prices;
  return {
    id: record.id,
    time: new Date(record.startedAtMs).toISOString(),
    user: caller.user,
    team: caller.team,
    tier: caller.tier,
    key: caller.keyId,
    session: client.sessionId,
    agent: client.agentId,
    askedModel: record.askedModel,
    provider: target?.provider ?? null,
    model: target?.model ?? null,
    answeredModel: record.answeredModel,
    route: record.plan?.rule ?? null,
    routeReason: record.plan?.reason ?? null,
    attempts: record.attempts.length,
    uncachedInputTokens: usage?.uncachedInput ?? 0,
    cacheReadTokens: usage?.cacheRead ?? 0,
    cacheWrite5mTokens: usage?.cacheWrite5m ?? 0,
    cacheWrite1hTokens: usage?.cacheWrite1h ?? 0,
    outputTokens: usage?.output ?? 0,
    reasoningTokens: usage?.reasoning ?? 0,
    serverToolRequests: usage?.serverToolRequests ?? 0,
    isUsageEstimated: record.isUsageEstimated,
    costUsd: costNanoUsd === null ? null : usdFromNanoUsd(costNanoUsd),
    isCorrected: corrections.length > 0,
    priceSource: prices?.source ?? null,
    serviceTier: record.serviceTier ?? null,
    savedUsd: savings === undefined ? 0 : usdFromNanoUsd(savings.answerCache + savings.promptCache + savings.routing),
    cacheStatus: record.cacheStatus,
    durationMs: record.durationMs,
    firstByteMs: record.firstByteMs,
    status: record.status,
    outcome: record.outcome,
    errorCode: record.errorCode,
  };
}
