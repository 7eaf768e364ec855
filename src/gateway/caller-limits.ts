/**
 * The limits of one caller: requests and tokens a minute, calls at once.
 *
 * A bucket for each kind fills evenly over the minute. Tokens are known only after a call: they are taken then, and a
 * bucket may go below zero, which the next calls wait out. State exists only for keys that have limits.
 */
import type { Caller } from "../core/caller.ts";
import { GatewayError } from "../core/errors.ts";

export interface CallerLimiter {
  /** Throws GatewayError `policy_rate_limited` or `policy_concurrency_limited`. Every entry is left once. */
  enter(caller: Caller, nowMs: number): void;
  leave(caller: Caller, tokens: number, nowMs: number): void;
}

interface Bucket {
  level: number;
  filledAtMs: number;
}

interface KeyState {
  running: number;
  readonly requests: Bucket;
  readonly tokens: Bucket;
}

const minuteMs = 60_000;

export function createCallerLimiter(): CallerLimiter {
  const states = new Map<string, KeyState>();
  return {
    enter(caller, nowMs) {
      const state = stateOf(states, caller, nowMs);
      if (state !== null) enter(state, caller, nowMs);
    },
    leave(caller, tokens, nowMs) {
      const state = stateOf(states, caller, nowMs);
      if (state === null) return;
      state.running--;
      if (caller.limits.tokensPerMinute !== null) state.tokens.level -= tokens;
    },
  };
}

function stateOf(states: Map<string, KeyState>, caller: Caller, nowMs: number): KeyState | null {
  const { requestsPerMinute, tokensPerMinute, concurrentCalls } = caller.limits;
  if (requestsPerMinute === null && tokensPerMinute === null && concurrentCalls === null) return null;
  let state = states.get(caller.keyId);
  if (state === undefined) {
    state = {
      running: 0,
      requests: { level: requestsPerMinute ?? 0, filledAtMs: nowMs },
      tokens: { level: tokensPerMinute ?? 0, filledAtMs: nowMs },
    };
    states.set(caller.keyId, state);
  }
  return state;
}

function enter(state: KeyState, caller: Caller, nowMs: number): void {
  const { requestsPerMinute, tokensPerMinute, concurrentCalls } = caller.limits;
  if (concurrentCalls !== null && state.running >= concurrentCalls) {
    const message = `key ${caller.keyId} has ${state.running} calls in flight, its limit is ${concurrentCalls}`;
    throw new GatewayError("policy_concurrency_limited", message, { retryAfterSeconds: 1 });
  }
  if (tokensPerMinute !== null) {
    fill(state.tokens, tokensPerMinute, nowMs);
    if (state.tokens.level <= 0) throw limited(caller, "tokens", tokensPerMinute, 1 - state.tokens.level);
  }
  if (requestsPerMinute !== null) {
    fill(state.requests, requestsPerMinute, nowMs);
    if (state.requests.level < 1) throw limited(caller, "requests", requestsPerMinute, 1 - state.requests.level);
    state.requests.level--;
  }
  state.running++;
}

function fill(bucket: Bucket, perMinute: number, nowMs: number): void {
  const elapsedMs = Math.max(0, nowMs - bucket.filledAtMs);
  bucket.level = Math.min(perMinute, bucket.level + (elapsedMs * perMinute) / minuteMs);
  bucket.filledAtMs = nowMs;
}

function limited(caller: Caller, what: string, perMinute: number, missing: number): GatewayError {
  const retryAfterSeconds = Math.ceil((missing / perMinute) * 60);
  const message = `key ${caller.keyId} passed its limit of ${perMinute} ${what} a minute; try again in ${retryAfterSeconds} s`;
  return new GatewayError("policy_rate_limited", message, { retryAfterSeconds });
}
