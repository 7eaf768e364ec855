/** Which limits a call must keep: those of its key, user, team, tier and model, and those of all together. Pure. */
import type { Caller, CallerLimits } from "../../core/caller.ts";
import { MemberIndex } from "../../core/collections/member-index.ts";
import { memberOf } from "../../core/member-scope.ts";
import type { MemberScope } from "../../core/member-scope.ts";

/** One entry of `limits`. With an id it holds for that one, in place of the entry without, which holds for each. */
export interface LimitRule extends CallerLimits {
  readonly scope: MemberScope;
  readonly id: string | null;
}

/** The limits of one member: what a store counts together. */
export interface Limit extends CallerLimits {
  readonly scope: MemberScope;
  /** "" for `all`. */
  readonly id: string;
}

const scopes: readonly MemberScope[] = ["key", "user", "team", "tier", "model", "all"];
const kinds = ["requestsPerMinute", "tokensPerMinute", "concurrentCalls"] as const;
const none: readonly Limit[] = [];
const ruleIndex = new MemberIndex<LimitRule>();

/** `askedModel` as the client names it. The limits of the key itself go before the rules for keys. */
export function limitsFor(rules: readonly LimitRule[], caller: Caller, askedModel: string): readonly Limit[] {
  const { requestsPerMinute, tokensPerMinute, concurrentCalls } = caller.limits;
  const hasOwn = requestsPerMinute !== null || tokensPerMinute !== null || concurrentCalls !== null;
  if (rules.length === 0 && !hasOwn) return none;
  return scopes.flatMap((scope) => {
    const id = memberOf(scope, caller, askedModel);
    if (id === null) return [];
    const own = scope === "key" ? caller.limits : null;
    const named = ruleIndex.find(rules, scope, id);
    const forEach = ruleIndex.find(rules, scope, null);
    const [requests, tokens, calls] = kinds.map(
      (kind) => own?.[kind] ?? smallest(named, kind) ?? smallest(forEach, kind),
    );
    const limit = {
      scope,
      id,
      requestsPerMinute: requests ?? null,
      tokensPerMinute: tokens ?? null,
      concurrentCalls: calls ?? null,
    };
    return kinds.some((kind) => limit[kind] !== null) ? [limit] : [];
  });
}

/** `team compilers`, `everyone together`. */
export function describeLimit({ scope, id }: Limit): string {
  return scope === "all" ? "everyone together" : `${scope} ${id}`;
}

/** Unique among all members. */
export function limitKey({ scope, id }: Limit): string {
  return `${scope}:${id}`;
}

/** Of several entries that are equally near, the smallest; null where none says something. */
function smallest(rules: readonly LimitRule[], kind: (typeof kinds)[number]): number | null {
  let limit: number | null = null;
  for (const { [kind]: amount } of rules) {
    if (amount !== null && (limit === null || amount < limit)) limit = amount;
  }
  return limit;
}
