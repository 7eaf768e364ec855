/** Which traces are kept: every failed and every slow one, a sample of the rest. Pure. */
import { routerMs } from "../../core/record.ts";
import type { CallRecord } from "../../core/record.ts";

/** Slow: longer than a developer waits without wondering, or the router itself took its time. */
const slowFirstByteMs = 10_000;
const slowCallMs = 60_000;
const slowRouterMs = 250;

export type TraceChoice = "failed" | "slow" | "sampled";

/** Why a call's trace is kept, null if it is not. `sampleRatio` (0..1) of the ordinary ones are, chosen by trace id. */
export function chooseTrace(record: CallRecord, traceId: string, sampleRatio: number): TraceChoice | null {
  if (record.outcome !== "success" || record.attempts.length > 1) return "failed";
  const isSlow =
    record.durationMs >= slowCallMs || (record.firstByteMs ?? 0) >= slowFirstByteMs || routerMs(record) >= slowRouterMs;
  if (isSlow) return "slow";
  if (record.traceParent?.isSampled === true) return "sampled";
  // The last digits are random in every trace id (W3C Trace Context, level 2), so all routers choose the same traces.
  return Number.parseInt(traceId.slice(-8), 16) < sampleRatio * 0x1_0000_0000 ? "sampled" : null;
}
