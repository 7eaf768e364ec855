/**
 * The keys of one provider: taken in turn by weight, each resting by itself after the provider refused it.
 *
 * 429: as long as the provider says, else a second, doubling to a minute; for what was asked alone, since providers limit
 * each model by itself. 401 and 402: ten minutes, doubling to six hours. A lone key rests half a minute after 401 or 402:
 * there is none to go on with, and it may be mended meanwhile.
 */
import { BoundedMap } from "../core/collections/bounded-map.ts";
import type { Credential, CredentialPool } from "./provider.ts";

export interface WeightedCredential extends Credential {
  /** Share of calls compared with the others, above 0. */
  readonly weight: number;
}

interface Rest {
  coolingUntilMs: number;
  /** A clock that stands before this was set back: nobody can say how long the rest is to last, so it is over. */
  coolingSinceMs: number;
  /** Refusals since the last success. */
  strikes: number;
}

interface Slot {
  readonly credential: Credential;
  readonly weight: number;
  /** Smooth weighted round robin: grows by the weight each turn, falls by the sum when chosen. */
  standing: number;
  /** After a refusal of the key itself. */
  readonly refusal: Rest;
  /** After a rate limit, for each scope that was asked. */
  readonly limits: BoundedMap<Rest>;
  lastStatus: number | null;
}

/** Clients may name models freely. */
const maxScopes = 1_000;

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
    take: (nowMs, excluded, scope = "") => {
      const chosen = chooseSmoothly(slots, nowMs, excluded, scope);
      if (chosen !== null) return { kind: "taken", credential: chosen.credential };
      const rest = slots.filter(({ credential }) => !excluded.includes(credential.name));
      return {
        kind: "cooling",
        untilMs: Math.min(...(rest.length > 0 ? rest : slots).map((slot) => coolingUntil(slot, nowMs, scope) ?? 0)),
      };
    },
    hasFree: (nowMs, excluded, scope = "") => slots.some((slot) => isFree(slot, nowMs, excluded, scope)),
    report: (name, status, nowMs, retryAfterMs, scope = "") => {
      const slot = slots.find(({ credential }) => credential.name === name);
      if (slot !== undefined) judge(slot, status, nowMs, retryAfterMs, scope, slots.length === 1);
    },
    states: (nowMs, scope) =>
      slots.map((slot) => ({
        name: slot.credential.name,
        coolingUntilMs: coolingUntil(slot, nowMs, scope),
        freeShare: freeShare(slot, nowMs),
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
    states: () => [{ name, coolingUntilMs: null, freeShare: 1, lastStatus }],
  };
}

function createSlot({ name, headers, weight }: WeightedCredential): Slot {
  if (!(weight > 0 && Number.isFinite(weight))) throw new RangeError(`the weight of key ${name} must be above 0`);
  return {
    credential: { name, headers },
    weight,
    standing: 0,
    refusal: createRest(),
    limits: new BoundedMap(maxScopes),
    lastStatus: null,
  };
}

function createRest(): Rest {
  return { coolingUntilMs: 0, coolingSinceMs: 0, strikes: 0 };
}

function isCooling({ coolingUntilMs, coolingSinceMs }: Rest, nowMs: number): boolean {
  return nowMs < coolingUntilMs && nowMs >= coolingSinceMs;
}

/** When the last rest ends that stands in the way of `scope`, of anything if none is named; null for none. */
function coolingUntil({ refusal, limits }: Slot, nowMs: number, scope: string | undefined): number | null {
  const rests = scope === undefined ? [refusal, ...limits.values()] : [refusal, limits.get(scope)];
  const ends = rests.flatMap((rest) => (rest !== undefined && isCooling(rest, nowMs) ? [rest.coolingUntilMs] : []));
  return ends.length === 0 ? null : Math.max(...ends);
}

function freeShare({ refusal, limits }: Slot, nowMs: number): number {
  if (isCooling(refusal, nowMs)) return 0;
  const scopes = [...limits.values()];
  return scopes.length === 0 ? 1 : scopes.filter((rest) => !isCooling(rest, nowMs)).length / scopes.length;
}

function isFree(slot: Slot, nowMs: number, excluded: readonly string[], scope: string): boolean {
  const limit = slot.limits.get(scope);
  if (isCooling(slot.refusal, nowMs) || (limit !== undefined && isCooling(limit, nowMs))) return false;
  return !excluded.includes(slot.credential.name);
}

/** null where none is free. A choice of one changes nobody's standing. */
function chooseSmoothly(
  slots: readonly Slot[],
  nowMs: number,
  excluded: readonly string[],
  scope: string,
): Slot | null {
  let first: Slot | null = null;
  let chosen: Slot | null = null;
  let sum = 0;
  for (const slot of slots) {
    if (!isFree(slot, nowMs, excluded, scope)) continue;
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

function judge(
  slot: Slot,
  status: number,
  nowMs: number,
  retryAfterMs: number | null,
  scope: string,
  isLone: boolean,
): void {
  slot.lastStatus = status;
  const limit = slot.limits.get(scope) ?? createRest();
  if (status < 400 || status === 429) slot.limits.set(scope, limit);
  if (status !== 429 && status !== 401 && status !== 402) {
    if (status < 400) for (const rest of [slot.refusal, limit]) forgive(rest, nowMs);
    return;
  }
  const rest = status === 429 ? limit : slot.refusal;
  // Calls that were refused side by side are one refusal, but a longer wait that one of them was told counts.
  const untilMs = nowMs + (status === 429 ? rateLimitPause(rest, retryAfterMs) : refusalPause(rest, isLone));
  if (!isCooling(rest, nowMs)) {
    rest.coolingSinceMs = nowMs;
    rest.coolingUntilMs = untilMs;
    rest.strikes++;
  } else if (retryAfterMs !== null) rest.coolingUntilMs = Math.max(rest.coolingUntilMs, untilMs);
}

/** A success that was under way when the key was refused does not free it. */
function forgive(rest: Rest, nowMs: number): void {
  if (!isCooling(rest, nowMs)) rest.strikes = 0;
}

function rateLimitPause({ strikes }: Rest, retryAfterMs: number | null): number {
  if (retryAfterMs !== null) return Math.min(Math.max(0, retryAfterMs), retryAfterMaxMs);
  return Math.min(rateLimitBaseMs * 2 ** strikes, rateLimitMaxMs);
}

function refusalPause({ strikes }: Rest, isLone: boolean): number {
  return isLone ? loneRefusalMs : Math.min(refusalBaseMs * 2 ** strikes, refusalMaxMs);
}
