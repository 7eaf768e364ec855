/** Calls of the ledger, the newest first, and the whole account of one. */
import { GatewayError } from "../core/errors/errors.ts";
import type { NanoUsd } from "../core/money.ts";
import { endOfAttempt } from "../core/record.ts";
import type { AppliedPrices, AttemptEnd, CallRecord } from "../core/record.ts";
import { isSameTarget } from "../core/target.ts";
import { totalInput } from "../core/usage.ts";
import { partsOfCost } from "../costs/cost-of-usage.ts";
import type { CostParts } from "../costs/cost-of-usage.ts";
import type { Correction, Ledger, LedgerEntry } from "../costs/ledger/ledger.ts";
import type { AdminRoute } from "./admin-route.ts";
import { readCursor, readRecordFilter, recordParameters } from "./money/cost-query.ts";
import { jsonAnswer, readLimit, refuseUnknownParameters } from "./read-request.ts";

/** A call as a line of a list: what it was, where it went and why, what came of it. */
export interface CallLine extends Pick<
  CallRecord,
  | "id"
  | "startedAtMs"
  | "durationMs"
  | "firstByteMs"
  | "endpoint"
  | "askedModel"
  | "target"
  | "status"
  | "outcome"
  | "errorCode"
  | "errorMessage"
  | "usage"
  | "isUsageEstimated"
  | "cacheStatus"
> {
  readonly user: string;
  readonly team: string | null;
  readonly rule: string | null;
  readonly reason: string | null;
  readonly attempts: number;
  readonly inputTokens: number | null;
  /** After corrections; null where it never had a cost. */
  readonly costNanoUsd: NanoUsd | null;
}

/** Answer of `/api/calls`. */
export interface CallPage {
  /** The newest first. */
  readonly calls: readonly CallLine[];
  /** Hand it back as `cursor` for older ones; null at the end. */
  readonly nextCursor: string | null;
}

/** Answer of `/api/calls/{id}`. */
export interface CallDetail {
  readonly record: CallRecord;
  /** How each of the record's attempts ended, also where the answer that it gave broke off. */
  readonly attemptEnds: readonly AttemptEnd[];
  readonly costNanoUsd: NanoUsd | null;
  /** Those that hold: of the last correction, else the record's. */
  readonly prices: AppliedPrices | null;
  readonly costParts: CostParts | null;
  readonly corrections: readonly Correction[];
}

const maxLimit = 500;
const defaultLimit = 50;

/** `/api/calls` and `/api/calls/{id}`. Nothing here is a body or a key: a record holds none. */
export function callRoutes(ledger: Pick<Ledger, "records">, nowMs: () => number): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/calls",
      access: "admin",
      handle: async ({ query }) => {
        refuseUnknownParameters(query, recordParameters);
        const page = await ledger.records(readRecordFilter(query, nowMs()), {
          limit: readLimit(query, defaultLimit, maxLimit),
          cursor: readCursor(query),
        });
        const found: CallPage = { calls: page.entries.map(toCallLine), nextCursor: page.nextCursor };
        return jsonAnswer(found);
      },
    },
    {
      method: "GET",
      path: "/api/calls/{id}",
      access: "admin",
      handle: async (_request, { id = "" }) => {
        const { entries } = await ledger.records({ id }, { limit: 1 });
        const entry = entries[0];
        if (entry === undefined) throw new GatewayError("caller_not_found", `the ledger has no call ${id}`);
        return jsonAnswer(toCallDetail(entry));
      },
    },
  ];
}

function toCallLine({ record, costNanoUsd }: LedgerEntry): CallLine {
  const { usage } = record;
  return {
    id: record.id,
    startedAtMs: record.startedAtMs,
    durationMs: record.durationMs,
    firstByteMs: record.firstByteMs,
    endpoint: record.endpoint,
    user: record.caller.user,
    team: record.caller.team,
    askedModel: record.askedModel,
    target: record.target,
    rule: record.plan?.rule ?? null,
    reason: reasonOf(record.plan, record.target),
    attempts: record.attempts.length,
    status: record.status,
    outcome: record.outcome,
    errorCode: record.errorCode,
    errorMessage: record.errorMessage,
    inputTokens: usage === null ? null : totalInput(usage),
    usage,
    isUsageEstimated: record.isUsageEstimated,
    costNanoUsd,
    cacheStatus: record.cacheStatus,
  };
}

/** Why the target that served stands in the plan, else why the plan was made. */
function reasonOf(plan: LedgerEntry["record"]["plan"], target: LedgerEntry["record"]["target"]): string | null {
  if (plan === null) return null;
  const serving = target === null ? undefined : plan.targets.find((planned) => isSameTarget(planned, target));
  return serving?.reason ?? plan.reason;
}

function toCallDetail({ record, costNanoUsd, corrections }: LedgerEntry): CallDetail {
  const { usage, cost } = record;
  const prices = corrections.at(-1)?.prices ?? cost?.prices ?? null;
  const costParts = usage === null || prices === null ? null : partsOfCost(usage, prices);
  const attemptEnds = record.attempts.map((attempt) => endOfAttempt(record, attempt));
  return { record, attemptEnds, costNanoUsd, prices, costParts, corrections };
}
