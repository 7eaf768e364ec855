/** A finished call as spans: the call itself, its steps, its attempts. Derived from the record after the call. */
import { endOfAttempt, routerMs } from "../../core/record.ts";
import type { AttemptRecord, CallRecord } from "../../core/record.ts";
import { formatTarget } from "../../core/target.ts";
import { usdFromNanoUsd } from "../../core/money.ts";
import { totalInput } from "../../core/usage.ts";
import { routeOfEndpoint } from "../routes.ts";
import { traceIdOf } from "../trace-id.ts";
import { ownNames, semanticNames, wellKnownProviders } from "./attribute-names.ts";
import type { AttributeValue, Span } from "./span.ts";
import { spanIdOf } from "./span-id.ts";

type Attributes = Readonly<Record<string, AttributeValue>>;
type MaybeAttributes = Readonly<Record<string, AttributeValue | null | undefined>>;

/** The call's span first, then its steps and attempts in order. */
export function spansOfCall(record: CallRecord): readonly Span[] {
  const traceId = traceIdOf(record);
  const callSpanId = spanIdOf(record.id, "call");
  const common = { traceId, parentSpanId: callSpanId };
  const steps = (record.steps ?? []).map((step, index): Span => {
    const startMs = record.startedAtMs + step.startedAfterMs;
    const spanId = spanIdOf(record.id, `step:${index}`);
    const span = { ...common, spanId, name: step.name, startMs, endMs: startMs + step.durationMs, attributes: {} };
    return { ...span, kind: "internal", error: null };
  });
  const attempts = record.attempts.map((attempt, index): Span => {
    const startMs = record.startedAtMs + attempt.startedAfterMs;
    const { errorCode, message, endedAfterMs } = endOfAttempt(record, attempt);
    return {
      ...common,
      spanId: spanIdOf(record.id, `attempt:${index}`),
      name: `chat ${attempt.target.model}`,
      kind: "client",
      startMs,
      endMs: record.startedAtMs + endedAfterMs,
      attributes: attemptAttributes(record, attempt),
      error: errorCode === null ? null : (message ?? errorCode),
    };
  });
  return [callSpan(record, traceId, callSpanId), ...steps, ...attempts];
}

function callSpan(record: CallRecord, traceId: string, spanId: string): Span {
  const route = routeOfEndpoint[record.endpoint];
  return {
    traceId,
    spanId,
    parentSpanId: record.traceParent?.spanId ?? null,
    name: `POST ${route}`,
    kind: "server",
    startMs: record.startedAtMs,
    endMs: record.startedAtMs + record.durationMs,
    attributes: callAttributes(record, route),
    // By convention a server's span fails for its own faults, not for a caller's mistake.
    error:
      record.status >= 500 || record.outcome === "cut" ? (record.errorMessage ?? record.errorCode ?? "failed") : null,
  };
}

function callAttributes(record: CallRecord, route: string): Attributes {
  const { plan, caller, cost } = record;
  return known({
    [semanticNames.httpMethod]: "POST",
    [semanticNames.httpRoute]: route,
    [semanticNames.httpStatus]: record.status,
    [semanticNames.errorType]: record.errorCode,
    [semanticNames.userId]: caller.user,
    [semanticNames.conversationId]: record.client.sessionId,
    [semanticNames.requestModel]: record.askedModel,
    [ownNames.callId]: record.id,
    [ownNames.outcome]: record.outcome,
    [ownNames.cacheStatus]: record.cacheStatus,
    [ownNames.costUsd]: cost === null ? null : usdFromNanoUsd(cost.nanoUsd),
    [ownNames.tier]: caller.tier,
    [ownNames.team]: caller.team,
    [ownNames.rule]: plan?.rule,
    [ownNames.reason]: plan?.reason,
    [ownNames.targets]: plan?.targets.map((target) => `${formatTarget(target)}: ${target.reason}`),
    [ownNames.routerMs]: routerMs(record),
  });
}

/** Tokens, model and finish reason belong to the attempt that served the call. */
function attemptAttributes(record: CallRecord, attempt: AttemptRecord): Attributes {
  const { target, status, credential } = attempt;
  const asked = {
    [semanticNames.operation]: "chat",
    [semanticNames.provider]: wellKnownProviders[target.provider] ?? target.provider,
    [semanticNames.requestModel]: target.model,
    [semanticNames.requestStream]: record.isStreaming,
    [semanticNames.conversationId]: record.client.sessionId,
    [semanticNames.httpStatus]: status,
    [semanticNames.errorType]: endOfAttempt(record, attempt).errorCode,
    [ownNames.target]: formatTarget(target),
    [ownNames.credential]: credential,
  };
  if (attempt !== record.attempts.at(-1) || record.target === null) return known(asked);
  const { usage, firstByteMs, stopReason } = record;
  return known({
    ...asked,
    [semanticNames.responseModel]: record.answeredModel,
    [semanticNames.finishReasons]: stopReason === null ? null : [stopReason],
    [semanticNames.firstChunk]: firstByteMs === null ? null : Math.max(0, firstByteMs - attempt.startedAfterMs) / 1000,
    [semanticNames.inputTokens]: usage === null ? null : totalInput(usage),
    [semanticNames.outputTokens]: usage?.output,
    [semanticNames.cacheReadTokens]: usage?.cacheRead,
    [semanticNames.cacheWriteTokens]: usage === null ? null : usage.cacheWrite5m + usage.cacheWrite1h,
    [semanticNames.reasoningTokens]: usage?.reasoning,
  });
}

function known(attributes: MaybeAttributes): Attributes {
  const entries = Object.entries(attributes).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as Attributes;
}
