/**
 * A limit store counts requests, tokens and running calls. Two stand behind this interface, in process
 * (memory-limits.ts) and in Redis (redis-limits.ts), with one conformance suite.
 *
 * A bucket for requests and one for tokens fill evenly over the minute. Tokens are known only after a call: they are
 * taken then, and their bucket may go below zero, which the next calls wait out.
 */
import type { Limit } from "./limits-for.ts";

/** A limit after a call entered or was refused. Levels are what is left; 0 stands for a limit that is not set. */
export interface LimitState {
  readonly limit: Limit;
  readonly requestsLeft: number;
  readonly tokensLeft: number;
}

/** Hand it back to `leave`, once. */
export interface LimitEntry {
  readonly limits: readonly Limit[];
  /** False where this process counted it by itself, because the shared store could not be asked. */
  readonly isShared: boolean;
}

export type LimitKind = "requests" | "tokens" | "calls";

export type EnterResult =
  | { readonly kind: "entered"; readonly entry: LimitEntry; readonly states: readonly LimitState[] }
  /** `by` has no room, of several that have none the longest; nothing was taken from any. */
  | {
      readonly kind: "refused";
      readonly states: readonly LimitState[];
      readonly by: Limit;
      readonly what: LimitKind;
      /** How long until there is room; a guess for calls at once. */
      readonly waitMs: number;
    };

export interface LimitStore {
  /**
   * All limits or none. A store that others share answers with a promise, which never rejects and is kept within
   * `patienceMs`; one in process answers at once.
   */
  enter(limits: readonly Limit[], nowMs: number, patienceMs: number): EnterResult | Promise<EnterResult>;
  /** The call is over and took so many tokens. Never throws, never waits. */
  leave(entry: LimitEntry, tokens: number, nowMs: number): void;
  close(): void;
}
