/** Takes a call's place under the limits of its caller and model, or refuses it with the wait. */
import type { Caller } from "../../core/caller.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Dialect } from "../../core/dialect.ts";
import { limitError } from "./limit-headers.ts";
import type { EnterResult, LimitEntry, LimitState, LimitStore } from "./limit-store.ts";
import type { LimitRule } from "./limits-for.ts";
import { limitsFor } from "./limits-for.ts";
import type { Patience } from "./store-patience.ts";
import { spendPatience } from "./store-patience.ts";

export interface EnteredLimits {
  readonly entry: LimitEntry;
  readonly states: readonly LimitState[];
  /** When the states were so, in Unix milliseconds. */
  readonly atMs: number;
}

interface Limiting {
  readonly limitRules: readonly LimitRule[];
  readonly limits: LimitStore;
  readonly clock: Clock;
}

interface LimitedCall extends Patience {
  readonly caller: Caller;
  readonly request: { readonly askedModel: string };
  readonly dialect: Dialect;
  limited: EnteredLimits | null;
}

/**
 * Sets `call.limited` where limits apply. A promise only where the store is shared: most calls have nothing to wait for.
 * Throws (or rejects with) GatewayError `policy_rate_limited` or `policy_concurrency_limited`.
 */
export function enterLimits({ limitRules, limits, clock }: Limiting, call: LimitedCall): Promise<void> | null {
  const asked = limitsFor(limitRules, call.caller, call.request.askedModel);
  if (asked.length === 0) return null;
  // Not when the call began: its body may have come since for minutes, in which others' buckets were filled.
  const atMs = clock.nowMs();
  const result = limits.enter(asked, atMs, call.storePatienceMs);
  if (!(result instanceof Promise)) {
    take(call, result, atMs);
    return null;
  }
  return spendPatience(call, clock, result).then((entered) => take(call, entered, atMs));
}

function take(call: LimitedCall, result: EnterResult, atMs: number): void {
  if (result.kind === "refused") throw limitError(call.dialect, result, atMs);
  call.limited = { entry: result.entry, states: result.states, atMs };
}
