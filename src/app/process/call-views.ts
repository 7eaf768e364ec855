/** What the operators' API shows of a call in flight. */
import type { JsonObject } from "../../core/json/json.ts";
import { formatTarget } from "../../core/target.ts";
import type { OpenCall, OpenCalls } from "../../gateway/open-calls.ts";
import { traceIdFromCallId } from "../../monitoring/trace-id.ts";
import type { RunningTrace } from "../../monitoring/tracing/trace-store.ts";

/** The calls in flight as running traces. */
export function* runningTraces(openCalls: OpenCalls): Iterable<RunningTrace> {
  for (const call of openCalls.list()) {
    yield {
      callId: call.id,
      traceId: call.traceParent?.traceId ?? traceIdFromCallId(call.id, call.startedAtMs),
      startedAtMs: call.startedAtMs,
      endpoint: call.endpoint,
      user: call.caller?.user ?? "",
      askedModel: call.request?.askedModel ?? null,
      target: call.prepared === null ? null : formatTarget(call.prepared.target),
    };
  }
}

/** One of `/debug/connections`. `now` on the monotonic clock. */
export function viewCall(call: OpenCall, now: number): JsonObject {
  return {
    id: call.id,
    endpoint: call.endpoint,
    user: call.caller?.user ?? null,
    asked_model: call.request?.askedModel ?? null,
    target: call.prepared === null ? null : formatTarget(call.prepared.target),
    state: stateOf(call),
    age_ms: Math.round(now - call.startedAt),
    attempts: call.attempts.length,
    request_bytes: call.request?.bytes.length ?? 0,
    answer_bytes: call.exchange.bytesWritten,
  };
}

function stateOf(call: OpenCall): string {
  if (call.headSentAt !== null) return "streaming";
  if (call.prepared !== null) return "waiting for the provider";
  return call.request === null ? "receiving" : "planning";
}
