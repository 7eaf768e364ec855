/** One log line per call: the record in the words of operators, its level by how the call ended. */
import { isStranger } from "../core/caller.ts";
import { RecentResults } from "../core/collections/recent-results.ts";
import { faultOf } from "../core/errors/error-table.ts";
import { callComponent, StructuredLogger } from "../core/log/logging.ts";
import type { LogFields } from "../core/log/log-fields.ts";
import type { Logger } from "../core/log/logging.ts";
import { usdFromNanoUsd } from "../core/money.ts";
import { haveSameParties, routerMs, sessionKeyOf } from "../core/record.ts";
import type { AttemptRecord, CallRecord } from "../core/record.ts";
import { formatTarget } from "../core/target.ts";
import { totalInput } from "../core/usage.ts";
import { traceIdOf } from "./trace-id.ts";

export type CallLogLevel = "info" | "warn" | "error";

/** Writes the lines of calls; give it the record of each finished call. Those of strangers are warnings that fold. */
export function createCallLog(logger: Logger): (record: CallRecord) => void {
  const access = logger.child({ component: "access" });
  const writeCall = createCallLine(logger.child({ component: callComponent }));
  return (record) => {
    if (!isStranger(record.caller)) writeCall(record);
    else if (callLevel(record) === "error") access.error(strangerFields(record), "a call was refused at the door");
    else access.warn(strangerFields(record), "a call without a known key was refused");
  };
}

function createCallLine(calls: Logger): (record: CallRecord) => void {
  if (calls instanceof StructuredLogger)
    return (record) => calls.writePlain(callLevel(record), callIds(record), parties.of(record), endFields(record));
  return (record) =>
    calls[callLevel(record)](
      { ...callIds(record), ...partyFields(record), ...endFields(record) },
      `call ${record.outcome}`,
    );
}

function strangerFields(record: CallRecord): LogFields {
  const { endpoint, status, errorCode, errorMessage } = record;
  return { ...callIds(record), endpoint, status, errorCode, errorMessage };
}

/**
 * The router's own failures and those of its dependencies are errors; a provider's are warnings, cut answers among
 * them; what the caller or a policy caused is in order, and so is a client that leaves.
 */
export function callLevel(record: Pick<CallRecord, "outcome" | "errorCode">): CallLogLevel {
  if (record.outcome === "cut") return "warn";
  if (record.errorCode === null || record.outcome === "aborted") return "info";
  const fault = faultOf(record.errorCode);
  if (fault === "router" || fault === "dependency") return "error";
  return fault === "provider" ? "warn" : "info";
}

function callIds(record: CallRecord): { readonly callId: string; readonly traceId: string } {
  return { callId: record.id, traceId: traceIdOf(record) };
}

const parties = new RecentResults<CallRecord, LogFields>({
  keyOf: sessionKeyOf,
  isSame: haveSameParties,
  make: partyFields,
});

/** The fields of a call's line after its ids: between whom. No prompt, no answer, no key: a record holds none. */
function partyFields({ endpoint, caller, client, askedModel, target, plan }: CallRecord): LogFields {
  return {
    endpoint,
    user: caller.user,
    team: caller.team ?? undefined,
    tier: caller.tier,
    keyId: caller.keyId,
    sessionId: client.sessionId ?? undefined,
    askedModel,
    target: target === null ? undefined : formatTarget(target),
    rule: plan?.rule,
  };
}

/** How it went. */
function endFields(record: CallRecord): LogFields {
  const { usage, cost } = record;
  return {
    status: record.status,
    errorCode: record.errorCode ?? undefined,
    errorMessage: record.errorMessage ?? undefined,
    isStreaming: record.isStreaming,
    cache: record.cacheStatus,
    durationMs: round(record.durationMs),
    firstByteMs: record.firstByteMs === null ? undefined : round(record.firstByteMs),
    routerMs: round(routerMs(record)),
    inputTokens: usage === null ? undefined : totalInput(usage),
    cacheReadTokens: usage?.cacheRead,
    outputTokens: usage?.output,
    isUsageEstimated: record.isUsageEstimated || undefined,
    costUsd: cost === null ? undefined : usdFromNanoUsd(cost.nanoUsd),
    stopReason: record.stopReason ?? undefined,
    failedAttempts: failedAttempts(record.attempts),
    passedOver: record.passedOver?.map(({ target, errorCode }) => ({ target: formatTarget(target), errorCode })),
    notes: record.notes.length === 0 ? undefined : record.notes,
    msg: `call ${record.outcome}`,
  };
}

function failedAttempts(attempts: readonly AttemptRecord[]): readonly LogFields[] | undefined {
  const failed = attempts.filter((attempt) => attempt.errorCode !== null);
  if (failed.length === 0) return undefined;
  return failed.map(({ target, status, errorCode, message, durationMs }) => ({
    target: formatTarget(target),
    status,
    errorCode,
    message,
    durationMs: round(durationMs),
  }));
}

/** Microseconds carry no news in a log. */
function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
