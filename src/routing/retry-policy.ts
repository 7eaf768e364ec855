/** After a failed attempt: the same target again, the next one, or the end. Pure. */
import type { ErrorCode } from "../core/errors/errors.ts";
import type { RetrySettings } from "../core/failure-settings.ts";

/** How an attempt failed, as far as the next step depends on it. */
export interface AttemptFailure {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | null;
  readonly isRetryableHere: boolean;
  /** The failure belongs to the credential: another one of the same provider may serve the call at once. */
  readonly mayOtherKeyHelp: boolean;
  readonly mayFailOver: boolean;
}

export interface Situation {
  /** Attempts made at this target, the failed one included. */
  readonly attemptsHere: number;
  readonly hasOtherCredential: boolean;
  /** Asked only where it matters: whoever knows must have made the other target's request. */
  hasOtherTarget(): boolean;
  /** Until one of the provider's keys may be used again: 0 where one may be used now. */
  readonly restMs: number;
  /** Until the call's time at this target is over (`timeouts.totalMs`). */
  readonly leftMs: number;
}

export type NextStep =
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "next-target" }
  | { readonly kind: "give-up" };

/**
 * What to do next. `random` is 0 to 1: delays are spread over their upper half, so that calls that failed together do
 * not come back together.
 */
export function nextStep(
  failure: AttemptFailure,
  situation: Situation,
  settings: RetrySettings,
  random: number,
): NextStep {
  if (failure.mayOtherKeyHelp && situation.hasOtherCredential) return { kind: "retry", delayMs: 0 };
  const elsewhere = (): NextStep =>
    failure.mayFailOver && situation.hasOtherTarget() ? { kind: "next-target" } : { kind: "give-up" };
  if (!failure.isRetryableHere || situation.attemptsHere >= settings.attemptsPerTarget) return elsewhere();
  // Before its keys have rested nothing can be sent there, whether the provider named a time or not. A time that is over, or
  // none at all, is no time: calls that failed together must not come back together.
  const delayMs = Math.max(failure.retryAfterMs ?? 0, situation.restMs);
  if (delayMs > 0) {
    const isTooLong = delayMs > settings.maxRetryAfterMs || delayMs >= situation.leftMs;
    const step = elsewhere();
    return step.kind === "next-target" || isTooLong ? step : { kind: "retry", delayMs };
  }
  const fullMs = Math.min(settings.maxDelayMs, settings.baseDelayMs * 2 ** (situation.attemptsHere - 1));
  const spreadMs = fullMs * (0.5 + random / 2);
  return spreadMs >= situation.leftMs ? elsewhere() : { kind: "retry", delayMs: spreadMs };
}
