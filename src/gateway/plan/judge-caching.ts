/** Judges whether a call may use the answer cache: by the configuration's rules, the caller's headers, and what is safe. */
import { readDirectives, reasonNotToCache } from "../../cache/cacheability.ts";
import { formatTarget } from "../../core/target.ts";
import type { Plan } from "../../core/target.ts";
import type { Condition, ConditionSettings } from "../../routing/conditions.ts";
import { compileConditions } from "../../routing/conditions.ts";
import { compilePattern } from "../../routing/compile-pattern.ts";
import type { CallFeatures } from "../request/call-features.ts";
import type { CallRequest } from "../request/read-call.ts";

/** As written in `cache.rules`; docs/config.md describes each. */
export interface CacheRuleSettings {
  readonly when: ConditionSettings;
  readonly route?: readonly string[] | undefined;
  readonly target?: readonly string[] | undefined;
  readonly cache: boolean;
  readonly ttlMs: number | null;
}

export interface CacheRule {
  readonly matches: (features: CallFeatures, plan: Plan) => boolean;
  readonly cache: boolean;
  readonly ttlMs: number | null;
}

/** How a call uses the cache. */
export interface CacheUse {
  /** Older answers will not do, nor will any where the caller wants a fresh one: Infinity. */
  readonly freshSinceMs: number;
  /** undefined: as each level has it. */
  readonly ttlMs: number | undefined;
}

/** The rules of a configuration, in its order. Throws RangeError as `compileConditions`. */
export function compileCacheRules(rules: readonly CacheRuleSettings[]): readonly CacheRule[] {
  return rules.map(({ when, route, target, cache, ttlMs }) => ({
    matches: matcherOf(compileConditions(when), route, target),
    cache,
    ttlMs,
  }));
}

function matcherOf(
  condition: Condition,
  route: readonly string[] | undefined,
  target: readonly string[] | undefined,
): CacheRule["matches"] {
  const routes = route?.map(compilePattern);
  const targets = target?.map(compilePattern);
  return (features, plan) => {
    if (routes !== undefined && !routes.some((matches) => matches(plan.rule))) return false;
    const first = plan.targets[0]!;
    if (targets !== undefined && !targets.some((matches) => matches(formatTarget(first)))) return false;
    return condition(features);
  };
}

/**
 * null: not at all. The first rule that matches decides; without one, what is safe by itself. A caller can ask for less, or
 * for its own call for more.
 */
export function judgeCaching(
  rules: readonly CacheRule[],
  features: CallFeatures,
  request: CallRequest,
  plan: Plan,
  nowMs: number,
): CacheUse | null {
  const directives = readDirectives(features.header("cache-control"), features.header("x-ccr-cache"));
  if (directives.isOff) return null;
  const rule = rules.find(({ matches }) => matches(features, plan));
  if (rule?.cache === false) return null;
  const isByRule = rule !== undefined || directives.isAsked;
  if (!isByRule && reasonNotToCache(features.endpoint, request) !== null) return null;
  const { wantsFresh, maxAgeMs } = directives;
  const freshSinceMs = wantsFresh ? Infinity : maxAgeMs === null ? -Infinity : nowMs - maxAgeMs;
  return { freshSinceMs, ttlMs: rule?.ttlMs ?? undefined };
}
