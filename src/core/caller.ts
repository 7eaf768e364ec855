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
