/**
 * The circuit breaker of one target, as a pure state machine: when a target has failed too often, calls stay away from
 * it for a while, then a few probes find out whether it is well again.
 *
 * closed --(failures in a row, or too large a part of the window's calls)--> open --(openMs)--> half-open
 * half-open --(as many probes succeed as may be out)--> closed; --(one fails)--> open
 *
 * A call that has no other target is refused for a short rest only: then it is an early probe, one at a time. The rest begins
 * at `firstRestMs` and doubles with each probe that fails, up to `openMs`.
 *
 * Nothing here keeps state or reads a clock: a board keeps the states. A clock that is set forward ends a wait early; one
 * that is set back lengthens none beyond `openMs` and makes the window begin anew.
 */
import type { ErrorCode } from "../core/errors/errors.ts";
import type { BreakerSettings } from "../core/failure-settings.ts";

/** Calls of a tenth of the window. */
interface Slice {
  readonly index: number;
  readonly calls: number;
  readonly failures: number;
}

/** `epoch` counts the changes of state: a report from an earlier one comes too late to count. */
export type BreakerState =
  | {
      readonly kind: "closed";
      readonly epoch: number;
      readonly failuresInARow: number;
      /** Those before the last good beginning, which goes on with them where its answer breaks off. */
      readonly failuresBefore: number;
      readonly slices: readonly Slice[];
    }
  | {
      readonly kind: "open";
      readonly epoch: number;
      readonly untilMs: number;
      /** When a call that has no other target may be a probe: after `restMs`. */
      readonly restUntilMs: number;
      readonly restMs: number;
      readonly reason: string;
    }
  | {
      readonly kind: "half-open";
      readonly epoch: number;
      /** The rest that led here. */
      readonly restMs: number;
      readonly probesOut: number;
      readonly successes: number;
      readonly lastProbeMs: number;
    };

/**
 * `ok`: its answer has begun. `broken`: an answer that had begun, and was reported as `ok`, broke off. `neutral`: says nothing
 * about the provider (the client left, its request was wrong, one key is limited).
 */
export type BreakerOutcome = "ok" | "failed" | "broken" | "neutral";

export type BreakerVerdict =
  /** Hand `ticket` back with the report. */
  | { readonly kind: "allowed"; readonly ticket: number }
  | { readonly kind: "refused"; readonly untilMs: number; readonly reason: string };

export const closedBreaker: BreakerState = {
  kind: "closed",
  epoch: 0,
  failuresInARow: 0,
  failuresBefore: 0,
  slices: [],
};

const slicesPerWindow = 10;

/** Rest of a breaker that has just opened, for calls that have no other target. */
const firstRestMs = 1_000;

/** Throws RangeError, naming the setting, for numbers that make no breaker. */
export function checkBreakerSettings(settings: BreakerSettings): void {
  for (const name of ["failureThreshold", "minimumCalls", "windowMs", "openMs", "halfOpenProbes"] as const) {
    const value = settings[name];
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`breaker.${name} must be a whole number of at least 1, not ${value}`);
    }
  }
  if (!(settings.failureRatio > 0 && settings.failureRatio <= 1)) {
    throw new RangeError(`breaker.failureRatio must be more than 0 and at most 1, not ${settings.failureRatio}`);
  }
}

/** Whether a call may go to the target now; the state to keep if it goes. `isLastResort`: it has no other target. */
export function askBreaker(
  state: BreakerState,
  settings: BreakerSettings,
  nowMs: number,
  isLastResort = false,
): { readonly verdict: BreakerVerdict; readonly state: BreakerState } {
  if (state.kind === "closed") return { verdict: { kind: "allowed", ticket: state.epoch }, state };
  if (state.kind === "open") {
    const { epoch, untilMs, restUntilMs, restMs, reason } = state;
    const isEarly = isAhead(untilMs, settings.openMs, nowMs);
    if (isEarly && (!isLastResort || isAhead(restUntilMs, restMs, nowMs)))
      return { verdict: { kind: "refused", untilMs: isLastResort ? restUntilMs : untilMs, reason }, state };
    // An early probe goes alone, however many may be out in time.
    const probesOut = isEarly ? settings.halfOpenProbes - 1 : 0;
    return sendProbe(
      { kind: "half-open", epoch: epoch + 1, restMs, probesOut, successes: 0, lastProbeMs: nowMs },
      nowMs,
    );
  }
  if (state.probesOut < settings.halfOpenProbes) return sendProbe(state, nowMs);
  // A probe that nobody reports (a very long stream) must not keep the target out for ever.
  const nextProbeMs = state.lastProbeMs + settings.openMs;
  if (nowMs >= nextProbeMs || nowMs < state.lastProbeMs)
    return sendProbe({ ...state, probesOut: state.probesOut - 1 }, nowMs);
  // The probe may be back long before: who has no other target is to ask again soon.
  const untilMs = isLastResort ? Math.min(nextProbeMs, nowMs + state.restMs) : nextProbeMs;
  return { verdict: { kind: "refused", untilMs, reason: "its probe is still out" }, state };
}

/** The state after a call that `askBreaker` allowed with `ticket` has ended. */
export function reportToBreaker(
  state: BreakerState,
  settings: BreakerSettings,
  ticket: number,
  outcome: BreakerOutcome,
  nowMs: number,
): BreakerState {
  if (ticket !== state.epoch) return state;
  if (state.kind === "closed") return outcome === "neutral" ? state : countCall(state, settings, outcome, nowMs);
  if (state.kind === "open") return state;
  if (outcome === "failed" || outcome === "broken")
    return open(state.epoch, settings, nowMs, "its probe failed", 2 * state.restMs);
  const probesOut = Math.max(0, state.probesOut - 1);
  if (outcome === "neutral") return { ...state, probesOut };
  const successes = state.successes + 1;
  if (successes >= settings.halfOpenProbes) return closeBreaker(state);
  return { ...state, probesOut, successes };
}

/**
 * The state after word from elsewhere that the target is to be left alone for `leftMs`, at most `openMs`; `restLeftMs`: by calls
 * that have no other target.
 */
export function openBreaker(
  state: BreakerState,
  settings: BreakerSettings,
  { leftMs, restLeftMs, reason }: { readonly leftMs: number; readonly restLeftMs: number; readonly reason: string },
  nowMs: number,
): BreakerState {
  const untilMs = nowMs + Math.min(leftMs, settings.openMs);
  if (state.kind === "open" && state.untilMs >= untilMs) return state;
  const restUntilMs = Math.min(untilMs, nowMs + restLeftMs);
  const ownRestMs = state.kind === "closed" ? firstRestMs : state.restMs;
  const restMs = Math.min(settings.openMs, Math.max(ownRestMs, restUntilMs - nowMs));
  return { kind: "open", epoch: state.epoch + 1, untilMs, restUntilMs, restMs, reason };
}

/** The state after word that a probe is out elsewhere: its end is waited for, for another rest. */
export function restBreaker(state: BreakerState, nowMs: number): BreakerState {
  if (state.kind !== "open") return state;
  return { ...state, restUntilMs: Math.min(state.untilMs, nowMs + state.restMs) };
}

/** The state once the target is known to be well, by its probes or by word from elsewhere. */
export function closeBreaker(state: BreakerState): BreakerState {
  return { ...closedBreaker, epoch: state.epoch + 1 };
}

/** Calls and failures that a closed breaker still counts. */
export function countWindow(
  state: BreakerState,
  settings: BreakerSettings,
  nowMs: number,
): { readonly calls: number; readonly failures: number } {
  let calls = 0;
  let failures = 0;
  if (state.kind !== "closed") return { calls, failures };
  const newest = sliceIndex(settings, nowMs);
  for (const slice of state.slices) {
    if (slice.index <= newest - slicesPerWindow || slice.index > newest) continue;
    calls += slice.calls;
    failures += slice.failures;
  }
  // The calls of answers that break off may have left the window before them.
  return { calls, failures: Math.min(failures, calls) };
}

/** What a call's end says about its target: only the provider's own failures count, never the caller's or one key's. */
export function toBreakerOutcome(code: ErrorCode | null): BreakerOutcome {
  if (code === null) return "ok";
  return providerFailures.has(code) ? "failed" : "neutral";
}

const providerFailures: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "provider_overloaded",
  "provider_failed",
  "provider_unreachable",
  "provider_timeout",
  "provider_bad_answer",
  "provider_cut_answer",
]);

function sendProbe(
  state: BreakerState & { kind: "half-open" },
  nowMs: number,
): { readonly verdict: BreakerVerdict; readonly state: BreakerState } {
  return {
    verdict: { kind: "allowed", ticket: state.epoch },
    state: { ...state, probesOut: state.probesOut + 1, lastProbeMs: nowMs },
  };
}

function countCall(
  state: BreakerState & { kind: "closed" },
  settings: BreakerSettings,
  outcome: "ok" | "failed" | "broken",
  nowMs: number,
): BreakerState {
  const slices = addToSlices(state.slices, sliceIndex(settings, nowMs), outcome);
  if (outcome === "ok") return { ...state, failuresInARow: 0, failuresBefore: state.failuresInARow, slices };
  const { failuresBefore } = state;
  const failuresInARow = 1 + Math.max(state.failuresInARow, outcome === "broken" ? failuresBefore : 0);
  const counted: BreakerState = { ...state, failuresInARow, slices };
  if (failuresInARow >= settings.failureThreshold) {
    return open(state.epoch, settings, nowMs, `${failuresInARow} failures in a row`);
  }
  const { calls, failures } = countWindow(counted, settings, nowMs);
  if (calls >= settings.minimumCalls && failures >= settings.failureRatio * calls) {
    return open(state.epoch, settings, nowMs, `${failures} of its last ${calls} calls failed`);
  }
  return counted;
}

/** An answer that breaks off is no further call. */
function addToSlices(slices: readonly Slice[], index: number, outcome: "ok" | "failed" | "broken"): readonly Slice[] {
  const calls = outcome === "broken" ? 0 : 1;
  const failures = outcome === "ok" ? 0 : 1;
  const last = slices.at(-1);
  if (last === undefined || last.index !== index) {
    const kept = slices.filter((slice) => slice.index > index - slicesPerWindow && slice.index < index);
    return [...kept, { index, calls, failures }];
  }
  return slices.with(slices.length - 1, {
    index: last.index,
    calls: last.calls + calls,
    failures: last.failures + failures,
  });
}

function open(
  epoch: number,
  settings: BreakerSettings,
  nowMs: number,
  reason: string,
  wantedRestMs = firstRestMs,
): BreakerState {
  const restMs = Math.min(wantedRestMs, settings.openMs);
  return {
    kind: "open",
    epoch: epoch + 1,
    untilMs: nowMs + settings.openMs,
    restUntilMs: nowMs + restMs,
    restMs,
    reason,
  };
}

/** Whether a wait of at most `longestMs` lasts; one that ends later than that began before the clock was set back. */
function isAhead(untilMs: number, longestMs: number, nowMs: number): boolean {
  return nowMs < untilMs && untilMs - nowMs <= longestMs;
}

function sliceIndex(settings: BreakerSettings, nowMs: number): number {
  return Math.floor((nowMs * slicesPerWindow) / settings.windowMs);
}
