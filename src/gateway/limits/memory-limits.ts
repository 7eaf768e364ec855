/** Limits in process: for one router, and for one that cannot ask the shared store at the moment. */
import { filledLevel, waitForOneMs } from "./limit-level.ts";
import type { EnterResult, LimitKind, LimitState, LimitStore } from "./limit-store.ts";
import { limitKey } from "./limits-for.ts";
import type { Limit } from "./limits-for.ts";

interface Member {
  running: number;
  requests: number;
  tokens: number;
  filledAtMs: number;
}

/** Members are looked through for idle ones each time this many have been added: clients name models freely. */
const sweepEvery = 1_000;
/** A member that was silent so long is full again, unless it is in debt. */
const idleMs = 120_000;
/** Calls at once end whenever they do. */
const callsWaitMs = 1_000;

/** An empty store. */
export function createMemoryLimits(): LimitStore {
  const members = new Map<string, Member>();
  let addedSinceSweep = 0;

  function find(limit: Limit, nowMs: number): Member {
    const key = limitKey(limit);
    const known = members.get(key);
    const perMinute = { requests: limit.requestsPerMinute ?? 0, tokens: limit.tokensPerMinute ?? 0 };
    if (known === undefined) {
      if (++addedSinceSweep >= sweepEvery) addedSinceSweep = sweep(members, nowMs);
      const member = { running: 0, ...perMinute, filledAtMs: nowMs };
      members.set(key, member);
      return member;
    }
    const elapsedMs = nowMs - known.filledAtMs;
    known.requests = filledLevel(known.requests, perMinute.requests, elapsedMs);
    known.tokens = filledLevel(known.tokens, perMinute.tokens, elapsedMs);
    known.filledAtMs = nowMs;
    return known;
  }

  return {
    enter(limits, nowMs): EnterResult {
      const found = limits.map((limit) => find(limit, nowMs));
      for (const [index, limit] of limits.entries()) {
        const refusal = refusalOf(found[index]!, limit);
        if (refusal !== null) return { kind: "refused", by: limit, ...refusal, states: statesOf(limits, found) };
      }
      for (const member of found) {
        member.running++;
        member.requests--;
      }
      return { kind: "entered", entry: { limits, isShared: false }, states: statesOf(limits, found) };
    },
    leave({ limits }, tokens, nowMs) {
      for (const limit of limits) {
        const member = find(limit, nowMs);
        member.running = Math.max(0, member.running - 1);
        if (limit.tokensPerMinute !== null) member.tokens -= tokens;
      }
    },
    close: () => members.clear(),
  };
}

function refusalOf(
  { running, requests, tokens }: Member,
  { concurrentCalls, tokensPerMinute, requestsPerMinute }: Limit,
): { readonly what: LimitKind; readonly waitMs: number } | null {
  if (concurrentCalls !== null && running >= concurrentCalls) return { what: "calls", waitMs: callsWaitMs };
  if (tokensPerMinute !== null && tokens <= 0) {
    return { what: "tokens", waitMs: waitForOneMs(tokens, tokensPerMinute) };
  }
  if (requestsPerMinute !== null && requests < 1) {
    return { what: "requests", waitMs: waitForOneMs(requests, requestsPerMinute) };
  }
  return null;
}

function statesOf(limits: readonly Limit[], members: readonly Member[]): LimitState[] {
  return limits.map((limit, index) => {
    const { requests, tokens } = members[index]!;
    return { limit, requestsLeft: Math.max(0, requests), tokensLeft: Math.max(0, tokens) };
  });
}

function sweep(members: Map<string, Member>, nowMs: number): number {
  for (const [key, { running, tokens, filledAtMs }] of members) {
    if (running === 0 && tokens >= 0 && nowMs - filledAtMs > idleMs) members.delete(key);
  }
  return 0;
}
