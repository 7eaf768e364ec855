/** A call's record as a row: columns for what is searched and summed, the rest as one JSON text. */
import type { Dialect } from "../../core/dialect.ts";
import type { ErrorCode } from "../../core/errors/errors.ts";
import { decisiveTarget } from "../../core/record.ts";
import type { CacheStatus, CallRecord, Endpoint, Outcome } from "../../core/record.ts";
import type { Correction, SqlRow, SqlValue } from "./ledger.ts";
import { detailsFromRecord, detailsFromText } from "./row-details.ts";

/** A call's values in the order of `callColumns`, the details last. */
export type CallRow = readonly SqlValue[];

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

/** Column names of the table `calls`, in the order of a row. */
export const callColumns: readonly string[] = [...plainColumns, "details"];

/** Where a column's value stands in a row. */
export const columnIndex: Readonly<Record<CallColumn, number>> = Object.fromEntries(
  plainColumns.map((name, index) => [name, index]),
) as Record<CallColumn, number>;

/** A record's values in the order of `plainColumns`. */
export function columnsFromRecord(record: CallRecord): SqlValue[] {
  const { id, startedAtMs, durationMs, firstByteMs, providerMs } = record;
  return [id, startedAtMs, durationMs, firstByteMs, providerMs, ...partyColumns(record), ...endColumns(record)];
}

// The parts are lists, not objects with the columns' names: of an object V8 would copy the values one by one.

/** Between whom: from `endpoint` to `rule`. */
export function partyColumns(record: CallRecord): SqlValue[] {
  const { endpoint, dialect, caller, client, askedModel, answeredModel, plan } = record;
  const { user, team, tier, keyId } = caller;
  const target = decisiveTarget(record);
  const { provider = null, model = null } = target ?? {};
  const rule = plan?.rule ?? null;
  return [
    endpoint,
    dialect,
    user,
    team,
    tier,
    keyId,
    client.sessionId,
    askedModel,
    provider,
    model,
    answeredModel,
    rule,
  ];
}

/** How it went: from `attempt_count` to `answer_bytes`. */
export function endColumns(record: CallRecord): SqlValue[] {
  const { usage, savings } = record;
  return [
    record.attempts.length,
    Number(record.isStreaming),
    record.status,
    record.outcome,
    record.errorCode,
    Number(usage !== null),
    usage?.uncachedInput ?? 0,
    usage?.cacheRead ?? 0,
    usage?.cacheWrite5m ?? 0,
    usage?.cacheWrite1h ?? 0,
    usage?.output ?? 0,
    usage?.reasoning ?? 0,
    usage?.serverToolRequests ?? 0,
    Number(record.isUsageEstimated),
    record.cost?.nanoUsd ?? null,
    savings?.answerCache ?? null,
    savings?.promptCache ?? null,
    savings?.routing ?? null,
    record.cacheStatus,
    record.requestBytes,
    record.answerBytes,
  ];
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
  const details = detailsFromText(String(row["details"]));
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
    usage: Number(row["has_usage"]) === 1 ? { ...usageFromRow(row), ...details.usage } : null,
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

function withoutNul(value: string): string {
  return value.replaceAll("\0", "").replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, "$1");
}

function nullable<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}
