/** What the calls of one configuration see of the process's answer cache. */
import type { Config } from "../../config/schema.ts";
import type { AnswerCaching, CallAnswerCache } from "../../gateway/answer-caching.ts";
import { compileCacheRules } from "../../gateway/plan/judge-caching.ts";
import type { ProviderSettings } from "../../providers/create-provider.ts";

/** null while the cache is off. */
export function createCaching(
  { cache }: Config,
  answers: CallAnswerCache,
  providers: Readonly<Record<string, ProviderSettings>>,
): AnswerCaching | null {
  if (!cache.enabled) return null;
  const origins = Object.entries(providers).map(([name, { kind, baseUrl, region }]): [string, string] => [
    name,
    [kind, baseUrl ?? "", region ?? ""].join(" "),
  ]);
  return {
    cache: answers,
    scope: cache.scope,
    isPaced: cache.paced,
    sharesFlights: cache.singleFlight,
    maxAnswerBytes: cache.maxAnswerBytes,
    rules: compileCacheRules(cache.rules),
    origins: new Map(origins),
  };
}
