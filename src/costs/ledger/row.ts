/** A call's record as a row: columns for what is searched and summed, the rest as one JSON text. */
import type { CallerLimits } from "../../core/caller.ts";
import type { Dialect } from "../../core/dialect.ts";
import type { ErrorCode } from "../../core/errors/errors.ts";
import { parseJson, toJsonObject } from "../../core/json/json.ts";
import { decisiveTarget } from "../../core/record.ts";
import type {
  AppliedPrices,
  AttemptRecord,
  CacheStatus,
  CallRecord,
  ClientFacts,
  Endpoint,
  Outcome,
  PassedOver,
} from "../../core/record.ts";
import type { Plan } from "../../core/target.ts";
import type { FurtherModelUsage, Usage } from "../../core/usage.ts";
import type { Correction, SqlRow, SqlValue } from "./ledger.ts";

/** A call's values in the order of `callColumns`, the details last. */
export type CallRow = readonly SqlValue[];

/** What has no column of its own. */
interface Details {
  readonly allowedModels: readonly string[] | null;
  readonly limits: CallerLimits;
  readonly client: Omit<ClientFacts, "sessionId">;
  readonly plan: Plan | null;
  readonly attempts: readonly AttemptRecord[];
  readonly passedOver?: readonly PassedOver[] | undefined;
  /** The columns name the target that was tried last. Absent where it served the call, or where none was tried. */
  readonly isUnserved?: true;
  readonly prices: AppliedPrices | null;
  readonly serviceTier?: string | undefined;
  readonly inputAudio?: number | undefined;
  readonly outputAudio?: number | undefined;
  /** What of the usage columns further models used. */
  readonly furtherModels?: readonly FurtherModelUsage[] | undefined;
  readonly longestPrompt?: number | undefined;
  readonly errorMessage: string | null;
  readonly stopReason: string | null;
  readonly notes: readonly string[];
}

const plainColumns = [
  "id",
  "started_at_ms",
  "duration_ms",
  "first_byte_ms",
  "provider_ms",
  "endpoint",
  "dialect",
  "caller_user",
  "team",
  "tier",
  "key_id",
  "session_id",
  "asked_model",
  "provider",
  "model",
  "answered_model",
  "rule",
  "attempt_count",
  "is_streaming",
  "status",
  "outcome",
  "error_code",
  "has_usage",
  "uncached_input",
  "cache_read",
  "cache_write_5m",
  "cache_write_1h",
  "output",
  "reasoning",
  "server_tool_requests",
  "is_usage_estimated",
  "cost_nano_usd",
  "saved_by_answer_cache",
  "saved_by_prompt_cache",
  "saved_by_routing",
  "cache_status",
  "request_bytes",
  "answer_bytes",
] as const;

export type CallColumn = (typeof plainColumns)[number];

/** In the order of `plainColumns`. */
function toColumns(record: CallRecord): Readonly<Record<CallColumn, SqlValue>> {
  const { caller, usage, savings } = record;
  const target = decisiveTarget(record);
  return {
    id: record.id,
    started_at_ms: record.startedAtMs,
    duration_ms: record.durationMs,
    first_byte_ms: record.firstByteMs,
    provider_ms: record.providerMs,
    endpoint: record.endpoint,
    dialect: record.dialect,
    caller_user: caller.user,
    team: caller.team,
    tier: caller.tier,
    key_id: caller.keyId,
    session_id: record.client.sessionId,
    asked_model: record.askedModel,
    provider: target?.provider ?? null,
    model: target?.model ?? null,
    answered_model: record.answeredModel,
    rule: record.plan?.rule ?? null,
    attempt_count: record.attempts.length,
    is_streaming: Number(record.isStreaming),
    status: record.status,
    outcome: record.outcome,
    error_code: record.errorCode,
    has_usage: Number(usage !== null),
    uncached_input: usage?.uncachedInput ?? 0,
    cache_read: usage?.cacheRead ?? 0,
    cache_write_5m: usage?.cacheWrite5m ?? 0,
    cache_write_1h: usage?.cacheWrite1h ?? 0,
    output: usage?.output ?? 0,
    reasoning: usage?.reasoning ?? 0,
    server_tool_requests: usage?.serverToolRequests ?? 0,
    is_usage_estimated: Number(record.isUsageEstimated),
    cost_nano_usd: record.cost?.nanoUsd ?? null,
    saved_by_answer_cache: savings?.answerCache ?? null,
    saved_by_prompt_cache: savings?.promptCache ?? null,
    saved_by_routing: savings?.routing ?? null,
    cache_status: record.cacheStatus,
    request_bytes: record.requestBytes,
    answer_bytes: record.answerBytes,
  };
}

/** Column names of the table `calls`, in the order of a row. */
export const callColumns: readonly string[] = [...plainColumns, "details"];

/** Where a column's value stands in a row. */
export const columnIndex: Readonly<Record<CallColumn, number>> = Object.fromEntries(
  plainColumns.map((name, index) => [name, index]),
) as Record<CallColumn, number>;

/** A record's values in the order of `callColumns`, without the details. */
export function columnsFromRecord(record: CallRecord): SqlValue[] {
  return Object.values(toColumns(record));
}

/** The details of a record as JSON. */
export function detailsFromRecord(record: CallRecord): string {
  return JSON.stringify(toDetails(record));
}

/** A record as a row. NUL characters, which PostgreSQL refuses in text, are left out. */
export function rowFromRecord(record: CallRecord): CallRow {
  return [...columnsFromRecord(record), detailsFromRecord(record)].map((value) =>
    typeof value === "string" && (value.includes("\0") || value.includes("\\u0000")) ? withoutNul(value) : value,
  );
}

/** A row as databases give it, in the order of `callColumns`. */
export function orderedRow(row: SqlRow): CallRow {
  return callColumns.map((name) => row[name] as SqlValue);
}

/** The record back from a row of `calls`; numbers may come as bigint or text, as databases like it. */
export function recordFromRow(row: SqlRow): CallRecord {
  const details = toJsonObject(parseJson(String(row["details"]))) as unknown as Details;
  const cost = nullable(row["cost_nano_usd"], Number);
  const provider = nullable(row["provider"], String);
  const answerCache = nullable(row["saved_by_answer_cache"], Number);
  return {
    id: String(row["id"]),
    startedAtMs: Number(row["started_at_ms"]),
    durationMs: Number(row["duration_ms"]),
    firstByteMs: nullable(row["first_byte_ms"], Number),
    providerMs: Number(row["provider_ms"]),
    endpoint: String(row["endpoint"]) as Endpoint,
    dialect: String(row["dialect"]) as Dialect,
    caller: {
      user: String(row["caller_user"]),
      team: nullable(row["team"], String),
      tier: String(row["tier"]),
      keyId: String(row["key_id"]),
      allowedModels: details.allowedModels,
      limits: details.limits,
    },
    client: { sessionId: nullable(row["session_id"], String), ...details.client },
    askedModel: String(row["asked_model"]),
    plan: details.plan,
    attempts: details.attempts,
    ...(details.passedOver === undefined ? {} : { passedOver: details.passedOver }),
    target: provider === null || details.isUnserved === true ? null : { provider, model: String(row["model"]) },
    answeredModel: nullable(row["answered_model"], String),
    isStreaming: Number(row["is_streaming"]) === 1,
    status: Number(row["status"]),
    outcome: String(row["outcome"]) as Outcome,
    errorCode: nullable(row["error_code"], String) as ErrorCode | null,
    errorMessage: details.errorMessage,
    stopReason: details.stopReason,
    usage: Number(row["has_usage"]) === 1 ? withDetails(usageFromRow(row), details) : null,
    ...(details.serviceTier === undefined ? {} : { serviceTier: details.serviceTier }),
    isUsageEstimated: Number(row["is_usage_estimated"]) === 1,
    cost: cost === null || details.prices === null ? null : { nanoUsd: cost, prices: details.prices },
    ...(answerCache === null
      ? {}
      : {
          savings: {
            answerCache,
            promptCache: Number(row["saved_by_prompt_cache"]),
            routing: Number(row["saved_by_routing"]),
          },
        }),
    cacheStatus: String(row["cache_status"]) as CacheStatus,
    requestBytes: Number(row["request_bytes"]),
    answerBytes: Number(row["answer_bytes"]),
    notes: details.notes,
  };
}

/** The values of a correction in the order in which both databases insert them. */
export function correctionRow(correction: Correction): SqlValue[] {
  const { callId, atMs, fromNanoUsd, toNanoUsd, prices, reason } = correction;
  return [callId, atMs, fromNanoUsd, toNanoUsd, JSON.stringify(prices), reason];
}

/** Usage columns, of a call or summed. */
export function usageFromRow(row: SqlRow): NonNullable<CallRecord["usage"]> {
  return {
    uncachedInput: Number(row["uncached_input"]),
    cacheRead: Number(row["cache_read"]),
    cacheWrite5m: Number(row["cache_write_5m"]),
    cacheWrite1h: Number(row["cache_write_1h"]),
    output: Number(row["output"]),
    reasoning: Number(row["reasoning"]),
    serverToolRequests: Number(row["server_tool_requests"]),
  };
}

function withDetails(usage: Usage, { inputAudio, outputAudio, furtherModels, longestPrompt }: Details): Usage {
  return {
    ...usage,
    ...(inputAudio === undefined ? {} : { inputAudio }),
    ...(outputAudio === undefined ? {} : { outputAudio }),
    ...(furtherModels === undefined ? {} : { furtherModels }),
    ...(longestPrompt === undefined ? {} : { longestPrompt }),
  };
}

function toDetails(record: CallRecord): Details {
  const { agentId, parentAgentId, app } = record.client;
  return {
    allowedModels: record.caller.allowedModels,
    limits: record.caller.limits,
    client: { agentId, parentAgentId, app },
    plan: record.plan,
    attempts: record.attempts,
    passedOver: record.passedOver,
    ...(record.target === null && record.attempts.length > 0 ? { isUnserved: true } : {}),
    prices: record.cost?.prices ?? null,
    serviceTier: record.serviceTier,
    inputAudio: record.usage?.inputAudio,
    outputAudio: record.usage?.outputAudio,
    furtherModels: record.usage?.furtherModels,
    longestPrompt: record.usage?.longestPrompt,
    errorMessage: record.errorMessage,
    stopReason: record.stopReason,
    notes: record.notes,
  };
}

function withoutNul(value: string): string {
  return value.replaceAll("\0", "").replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, "$1");
}

function nullable<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}
