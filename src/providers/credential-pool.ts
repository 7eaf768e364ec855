/**
 * The keys of one provider: taken in turn by weight, each resting by itself after the provider refused it.
 *
 * 429: as long as the provider says, else a second, doubling to a minute. 401 and 402: ten minutes, doubling to six
 * hours. A lone key rests half a minute after 401 or 402: there is none to go on with, and it may be mended meanwhile.
 */
import type { Credential, CredentialPool } from "./provider.ts";

export interface WeightedCredential extends Credential {
  /** Share of calls compared with the others, above 0. */
  readonly weight: number;
}

interface Slot {
  readonly credential: Credential;
  readonly weight: number;
  /** Smooth weighted round robin: grows by the weight each turn, falls by the sum when chosen. */
  standing: number;
  coolingUntilMs: number;
  /** A clock that stands before this was set back: nobody can say how long the rest is to last, so it is over. */
  coolingSinceMs: number;
  /** Refusals since the last success. */
  strikes: number;
  lastStatus: number | null;
}

const rateLimitBaseMs = 1_000;
const rateLimitMaxMs = 60_000;
const refusalBaseMs = 600_000;
const refusalMaxMs = 21_600_000;
const loneRefusalMs = 30_000;
/** Nobody means a longer `retry-after` than a day. */
const retryAfterMaxMs = 86_400_000;

/** Throws RangeError for no credential, a name that occurs twice, or a weight that is none. */
export function createCredentialPool(credentials: readonly WeightedCredential[]): CredentialPool {
  if (credentials.length === 0) throw new RangeError("a provider needs at least one credential");
  const slots = credentials.map((one) => createSlot(one));
  if (new Set(slots.map(({ credential }) => credential.name)).size < slots.length) {
    throw new RangeError("two keys of a provider have the same name");
  }
  return {
    take: (nowMs, excluded) => {
      const chosen = chooseSmoothly(slots, nowMs, excluded);
      if (chosen !== null) return { kind: "taken", credential: chosen.credential };
      const rest = slots.filter(({ credential }) => !excluded.includes(credential.name));
      return {
        kind: "cooling",
        untilMs: Math.min(...(rest.length > 0 ? rest : slots).map((one) => one.coolingUntilMs)),
      };
    },
    hasFree: (nowMs, excluded) => slots.some((slot) => isFree(slot, nowMs, excluded)),
    report: (name, status, nowMs, retryAfterMs) => {
      const slot = slots.find(({ credential }) => credential.name === name);
      if (slot !== undefined) judge(slot, status, nowMs, retryAfterMs, slots.length === 1);
    },
    states: (nowMs) =>
      slots.map((slot) => ({
        name: slot.credential.name,
        coolingUntilMs: isCooling(slot, nowMs) ? slot.coolingUntilMs : null,
        lastStatus: slot.lastStatus,
      })),
  };
}

/** One credential that never rests: the client's own, or none at all. What happens to it is not the provider's word on us. */
export function createFixedCredential(name: string): CredentialPool {
  const credential: Credential = { name, headers: {} };
  const taken = { kind: "taken", credential } as const;
  let lastStatus: number | null = null;
  return {
    take: (nowMs, excluded) => (excluded.includes(name) ? { kind: "cooling", untilMs: nowMs } : taken),
    hasFree: (_nowMs, excluded) => !excluded.includes(name),
    report: (_name, status) => {
      lastStatus = status;
    },
    states: () => [{ name, coolingUntilMs: null, lastStatus }],
  };
}

function createSlot({ name, headers, weight }: WeightedCredential): Slot {
  if (!(weight > 0 && Number.isFinite(weight))) throw new RangeError(`the weight of key ${name} must be above 0`);
  return {
    credential: { name, headers },
    weight,
    standing: 0,
    coolingUntilMs: 0,
    coolingSinceMs: 0,
    strikes: 0,
    lastStatus: null,
  };
}

function isCooling({ coolingUntilMs, coolingSinceMs }: Slot, nowMs: number): boolean {
  return nowMs < coolingUntilMs && nowMs >= coolingSinceMs;
}

function isFree(slot: Slot, nowMs: number, excluded: readonly string[]): boolean {
  return !isCooling(slot, nowMs) && !excluded.includes(slot.credential.name);
}

/** null where none is free. A choice of one changes nobody's standing. */
function chooseSmoothly(slots: readonly Slot[], nowMs: number, excluded: readonly string[]): Slot | null {
  let first: Slot | null = null;
  let chosen: Slot | null = null;
  let sum = 0;
  for (const slot of slots) {
    if (!isFree(slot, nowMs, excluded)) continue;
    if (first === null) {
      first = slot;
      continue;
    }
    if (chosen === null) {
      chosen = first;
      first.standing += first.weight;
      sum = first.weight;
    }
    slot.standing += slot.weight;
    sum += slot.weight;
    if (slot.standing > chosen.standing) chosen = slot;
  }
  if (chosen === null) return first;
  chosen.standing -= sum;
  return chosen;
}

function judge(slot: Slot, status: number, nowMs: number, retryAfterMs: number | null, isLone: boolean): void {
  slot.lastStatus = status;
  const wasCooling = isCooling(slot, nowMs);
  if (status !== 429 && status !== 401 && status !== 402) {
    // A success that was under way when the key was limited does not free it.
    if (status < 400 && !wasCooling) slot.strikes = 0;
    return;
  }
  // Calls that were refused side by side are one refusal, but a longer wait that one of them was told counts.
  const pauseMs = status === 429 ? rateLimitPause(slot, retryAfterMs) : refusalPause(slot, isLone);
  const untilMs = nowMs + pauseMs;
  if (!wasCooling) {
    slot.coolingSinceMs = nowMs;
    slot.coolingUntilMs = untilMs;
    slot.strikes++;
  } else if (retryAfterMs !== null) slot.coolingUntilMs = Math.max(slot.coolingUntilMs, untilMs);
}

function rateLimitPause({ strikes }: Slot, retryAfterMs: number | null): number {
  if (retryAfterMs !== null) return Math.min(Math.max(0, retryAfterMs), retryAfterMaxMs);
  return Math.min(rateLimitBaseMs * 2 ** strikes, rateLimitMaxMs);
}

function refusalPause({ strikes }: Slot, isLone: boolean): number {
  return isLone ? loneRefusalMs : Math.min(refusalBaseMs * 2 ** strikes, refusalMaxMs);
}
