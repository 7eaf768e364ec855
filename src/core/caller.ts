/** The caller: who makes a call, as its key says. */

export interface Caller {
  readonly user: string;
  readonly team: string | null;
  readonly tier: string;
  /** Public id of the key (never the key): `loopback` without keys, `passthrough` with the client's own login. */
  readonly keyId: string;
  /** Models (or `*` patterns) this caller may ask for; null allows all. */
  readonly allowedModels: readonly string[] | null;
  readonly limits: CallerLimits;
}

export interface CallerLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly concurrentCalls: number | null;
}

export const noLimits: CallerLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrentCalls: null };

/** Stands in the record of a call that was refused before anybody knew whose it is. */
export const stranger: Caller = {
  user: "_unknown",
  team: null,
  tier: "none",
  keyId: "_none",
  allowedModels: null,
  limits: noLimits,
};

/** Whether a call was a stranger's: anybody can make any number of them, so they are counted and kept nowhere. */
export function isStranger({ user, keyId }: Caller): boolean {
  return keyId === stranger.keyId && user === stranger.user;
}

/** Whether user, team, tier and key are the same. Callers of a worker's calls are objects of their own. */
export function isNamedAlike(one: Caller, other: Caller): boolean {
  const { user, team, tier, keyId } = other;
  return one === other || (one.user === user && one.team === team && one.tier === tier && one.keyId === keyId);
}
