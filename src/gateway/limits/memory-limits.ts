/** Limits in process: for one router, and for one that cannot ask the shared store at the moment. */
import { filledLevel, waitForOneMs } from "./limit-level.ts";
import type { EnterResult, LimitKind, LimitState, LimitStore } from "./limit-store.ts";
import { limitKey } from "./limits-for.ts";
import type { Limit } from "./limits-for.ts";

/** One limit that has no room. */
interface Refusal {
  readonly by: Limit;
  readonly what: LimitKind;
  readonly waitMs: number;
}

interface Member {
  /** As the newest call has it: a reload may have changed it while others run. */
  limit: Limit;
  running: number;
  /** What is left; null while nothing limits it: a limit that comes later finds its bucket full. */
  requests: number | null;
  tokens: number | null;
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
    let member = members.get(key);
    if (member === undefined) {
      if (++addedSinceSweep >= sweepEvery) addedSinceSweep = sweep(members, nowMs);
      members.set(key, (member = { limit, running: 0, requests: null, tokens: null, filledAtMs: nowMs }));
    }
    return member;
  }

  function fill(member: Member, nowMs: number): void {
    const { limit, requests, tokens, filledAtMs } = member;
    const elapsedMs = nowMs - filledAtMs;
    member.requests = filled(requests, limit.requestsPerMinute, elapsedMs);
    member.tokens = filled(tokens, limit.tokensPerMinute, elapsedMs);
    member.filledAtMs = nowMs;
  }

  return {
    enter(limits, nowMs): EnterResult {
      const found = limits.map((limit) => {
        const member = find(limit, nowMs);
        member.limit = limit;
        fill(member, nowMs);
        return member;
      });
      let refusal: Refusal | null = null;
      for (const [index, limit] of limits.entries()) refusal = later(refusal, refusalOf(found[index]!, limit));
      if (refusal !== null) return { kind: "refused", ...refusal, states: statesOf(limits, found) };
      for (const member of found) {
        member.running++;
        if (member.requests !== null) member.requests--;
      }
      return { kind: "entered", entry: { limits, isShared: false }, states: statesOf(limits, found) };
    },
    leave({ limits }, tokens, nowMs) {
      for (const limit of limits) {
        const member = find(limit, nowMs);
        fill(member, nowMs);
        member.running = Math.max(0, member.running - 1);
        if (member.tokens !== null) member.tokens -= tokens;
      }
    },
    close: () => members.clear(),
  };
}

function filled(level: number | null, perMinute: number | null, elapsedMs: number): number | null {
  return perMinute === null ? null : filledLevel(level ?? perMinute, perMinute, elapsedMs);
}

function refusalOf({ running, requests, tokens }: Member, limit: Limit): Refusal | null {
  const { concurrentCalls, tokensPerMinute, requestsPerMinute } = limit;
  let refusal: Refusal | null = null;
  if (concurrentCalls !== null && running >= concurrentCalls) {
    refusal = { by: limit, what: "calls", waitMs: callsWaitMs };
  }
  if (tokensPerMinute !== null && tokens !== null && tokens <= 0) {
    refusal = later(refusal, { by: limit, what: "tokens", waitMs: waitForOneMs(tokens, tokensPerMinute) });
  }
  if (requestsPerMinute !== null && requests !== null && requests < 1) {
    refusal = later(refusal, { by: limit, what: "requests", waitMs: waitForOneMs(requests, requestsPerMinute) });
  }
  return refusal;
}

/** Of two refusals the one that holds longer: to come again before that is in vain. */
function later(one: Refusal | null, other: Refusal | null): Refusal | null {
  return one === null || (other !== null && other.waitMs > one.waitMs) ? other : one;
}

function statesOf(limits: readonly Limit[], members: readonly Member[]): LimitState[] {
  return limits.map((limit, index) => {
    const { requests, tokens } = members[index]!;
    return { limit, requestsLeft: Math.max(0, requests ?? 0), tokensLeft: Math.max(0, tokens ?? 0) };
  });
}

function sweep(members: Map<string, Member>, nowMs: number): number {
  for (const [key, { running, tokens, filledAtMs }] of members) {
    if (running === 0 && (tokens ?? 0) >= 0 && nowMs - filledAtMs > idleMs) members.delete(key);
  }
  return 0;
}
