/** The `traceparent` that goes to a provider with an attempt. */
import type { TraceParent } from "../../core/record.ts";
import { traceIdFromCallId } from "../trace-id.ts";
import { spanIdOf } from "./span-id.ts";
import { formatTraceparent } from "./traceparent.ts";

export interface OutgoingTrace {
  readonly callId: string;
  readonly startedAtMs: number;
  /** The client's, if it sent one. */
  readonly traceParent: TraceParent | null;
  /** Counted from 0 over all attempts of the call. */
  readonly attemptIndex: number;
}

/** Names the attempt's span as the parent of whatever the provider records. */
export function outgoingTraceparent(trace: OutgoingTrace): string {
  return formatTraceparent({
    traceId: trace.traceParent?.traceId ?? traceIdFromCallId(trace.callId, trace.startedAtMs),
    spanId: spanIdOf(trace.callId, `attempt:${trace.attemptIndex}`),
    isSampled: trace.traceParent?.isSampled ?? true,
  });
}
