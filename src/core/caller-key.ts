/** A caller's key as the program knows it, in the configuration, the file of keys and the gateway: by its hash. */
import type { CallerLimits } from "./caller.ts";

export interface CallerKey {
  /** Public id, for records and logs. */
  readonly id: string;
  /** SHA-256 of the whole key, in lower-case hex. */
  readonly hash: string;
  readonly user: string;
  readonly team: string | null;
  readonly tier: string;
  readonly allowedModels: readonly string[] | null;
  readonly limits: CallerLimits;
  readonly expiresAtMs: number | null;
}
