/** For whom a cap on money or a limit on calls holds, and which of its members a call belongs to. */
import type { Caller } from "./caller.ts";

export const memberScopes = ["user", "team", "tier", "key", "model", "all"] as const;

export type MemberScope = (typeof memberScopes)[number];

/** The caller's member of `scope`; "" for `all`, null where it has none. */
export function memberOf(
  scope: MemberScope,
  { user, team, tier, keyId }: Pick<Caller, "user" | "team" | "tier" | "keyId">,
  askedModel: string,
): string | null {
  if (scope === "user") return user;
  if (scope === "team") return team;
  if (scope === "tier") return tier;
  if (scope === "key") return keyId;
  return scope === "model" ? askedModel : "";
}
