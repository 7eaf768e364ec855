/** Takes a call's place under the limits of its caller and model, or refuses it with the wait. */
import { limitError } from "./limits/limit-headers.ts";
import type { EnterResult, LimitEntry, LimitState } from "./limits/limit-store.ts";
import { limitsFor } from "./limits/limits-for.ts";
import type { Gateway } from "./gateway.ts";
import type { ReadCall } from "./open-calls.ts";
import { spendPatience } from "./store-patience.ts";

export interface EnteredLimits {
  readonly entry: LimitEntry;
  readonly states: readonly LimitState[];
  /** When the states were so, in Unix milliseconds. */
  readonly atMs: number;
}

type LimitedCall = Pick<ReadCall, "caller" | "request" | "dialect" | "storePatienceMs" | "limited">;

/**
 * Sets `call.limited` where limits apply. A promise only where the store is shared: most calls have nothing to wait for.
 * Throws (or rejects with) GatewayError `policy_rate_limited` or `policy_concurrency_limited`.
 */
export function enterLimits(
  gateway: Pick<Gateway, "limitRules" | "limits" | "clock">,
  call: LimitedCall,
): Promise<void> | null {
  const limits = limitsFor(gateway.limitRules, call.caller, call.request.askedModel);
  if (limits.length === 0) return null;
  // Not when the call began: its body may have come since for minutes, in which others' buckets were filled.
  const atMs = gateway.clock.nowMs();
  const result = gateway.limits.enter(limits, atMs, call.storePatienceMs);
  if (!(result instanceof Promise)) {
    take(call, result, atMs);
    return null;
  }
  return spendPatience(call, gateway.clock, result).then((entered) => take(call, entered, atMs));
}

function take(call: LimitedCall, result: EnterResult, atMs: number): void {
  if (result.kind === "refused") throw limitError(call.dialect, result, atMs);
  call.limited = { entry: result.entry, states: result.states, atMs };
}
