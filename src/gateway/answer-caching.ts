/** What the call's path works with where the answer cache is on, and what a call carries of it. */
import type { AnswerCache } from "../cache/answer-cache.ts";
import type { CacheScope } from "../cache/answer-key.ts";
import type { AnswerListener } from "../cache/shared-answer.ts";
import type { Flight, Seat } from "../cache/single-flight.ts";
import type { Dialect } from "../core/dialect.ts";
import type { GatewayError } from "../core/errors/errors.ts";
import type { AnswerHead } from "../providers/upstream/upstream.ts";
import type { Hide } from "./answer/hide-credentials.ts";
import type { CacheRule } from "./plan/judge-caching.ts";
import type { PreparedRequest } from "./prepare/prepare-request.ts";
import type { OriginalError } from "./answer/original-error.ts";

/** What the leader of a flight tells those who joined when its answer has begun. */
export interface FlightServed {
  readonly prepared: PreparedRequest;
  /** Hides the leader's credentials. */
  readonly hide: Hide;
  /** Whether the provider streams, whatever it was asked for. */
  readonly isStream: boolean;
  readonly deadlineAt: number;
  readonly createdAtMs: number;
}

/** The same, when the provider has failed. */
export interface FlightFailure {
  readonly error: GatewayError;
  readonly original: OriginalError | null;
  /** The leader's own: in which `original` is written. */
  readonly dialect: Dialect;
}

export type CallFlight = Flight<AnswerHead, FlightServed, FlightFailure>;
export type CallAnswerCache = AnswerCache<AnswerHead, FlightServed, FlightFailure>;

export interface AnswerCaching {
  readonly cache: CallAnswerCache;
  readonly scope: CacheScope;
  /** Whether kept streams come at the speed of the original. */
  readonly isPaced: boolean;
  readonly sharesFlights: boolean;
  readonly maxAnswerBytes: number;
  readonly rules: readonly CacheRule[];
  /** By provider: what tells it from another one under the same name. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Carried by a call that asks the provider and whose answer others may have. */
export interface CacheLead {
  readonly key: string;
  readonly ttlMs: number | undefined;
  readonly epoch: number;
  readonly flight: CallFlight;
  readonly seat: Seat;
  /** The call's own view of the provider's answer, once it has come. */
  listener: AnswerListener<AnswerHead> | null;
  /** Whether the client left before its answer was complete. */
  hasLeft: boolean;
}

/** Who waits for a call's answer: its client, or all those whose calls share it. */
export interface Audience {
  readonly isGone: boolean;
  /** Calls `listener` when nobody waits any more: at once if that is so. One listener at a time. */
  onGone(listener: (() => void) | null): void;
}
