/**
 * Recommends looking at prompts whose beginning changes from call to call, so that the provider's prompt cache is
 * written (or passed by) each time and read never.
 */
import { formatTarget } from "../../core/target.ts";
import type { Usage } from "../../core/usage.ts";
import { totalInput } from "../../core/usage.ts";
import { costOfUsage } from "../../costs/cost-of-usage.ts";
import type { PromptCacheRules } from "../sessions/prompt-cache-rules.ts";
import { ttlOf } from "../sessions/session-costs.ts";
import { isPaid } from "./ledger-calls.ts";
import type { PaidCall } from "./ledger-calls.ts";
import { describePeriod, isEnoughData, perMonthUsd } from "./recommendation.ts";
import type { Recommendation, RecommendationInputs } from "./recommendation.ts";

/** Shorter prompts are not cached everywhere. */
const leastTokens = 4_096;
const leastMissesEach = 3;
const leastMisses = 20;

interface Chain {
  readonly calls: readonly PaidCall[];
  readonly misses: number;
  readonly saved: number;
}

export function recommendPromptCache(inputs: RecommendationInputs): Recommendation | null {
  if (!isEnoughData(inputs)) return null;
  const chains = chainsOf(inputs.calls.filter(isPaid))
    .map((calls) => judgeChain(calls, inputs.rulesOf))
    .filter(({ misses, saved }) => misses >= leastMissesEach && saved > 0);
  const misses = chains.reduce((sum, chain) => sum + chain.misses, 0);
  if (misses < leastMisses) return null;
  const saved = chains.reduce((sum, chain) => sum + chain.saved, 0);
  return {
    kind: "prompt-cache",
    title: "Keep the beginning of prompts unchanged",
    description:
      `In ${chains.length} conversations ${misses} calls read little of what the call before had sent to the same ` +
      `provider minutes ago (${usersOf(chains)}). A time stamp, a shuffled list of tools or a missing cache_control ` +
      "mark near the beginning of the prompt does that.",
    basedOnCalls: misses,
    savedNanoUsd: saved,
    savingPerMonthUsd: perMonthUsd(saved, inputs.periodMs),
    howComputed:
      "Those conversations once more, each call reading from the cache what the one before it had sent, where the " +
      "cache was still warm, and writing the rest, at the prices of the time: " +
      describePeriod(saved, inputs),
  };
}

/** Calls of one conversation at one target, in order. */
function chainsOf(calls: readonly PaidCall[]): readonly (readonly PaidCall[])[] {
  const chains = new Map<string, PaidCall[]>();
  for (const call of calls) {
    if (call.conversation === null || totalInput(call.usage) < leastTokens) continue;
    const key = `${call.conversation}\0${formatTarget(call.target)}`;
    const chain = chains.get(key);
    if (chain === undefined) chains.set(key, [call]);
    else chain.push(call);
  }
  return [...chains.values()].filter((chain) => chain.length > leastMissesEach);
}

function judgeChain(calls: readonly PaidCall[], rulesOf: RecommendationInputs["rulesOf"]): Chain {
  let [misses, saved] = [0, 0];
  for (const [index, call] of calls.entries()) {
    const rules = rulesOf(call.target);
    const reusable = index === 0 ? 0 : reusableTokens(calls[index - 1]!, call, rules);
    if (call.usage.cacheRead < reusable / 2) misses += 1;
    const cost = Math.min(call.costNanoUsd, costOfUsage(call.usage, call.prices).nanoUsd); // without further models'
    saved += cost - costOfUsage(withPrefixRead(call.usage, reusable, rules), call.prices).nanoUsd;
  }
  return { calls, misses, saved };
}

/** What of the call before is a beginning of this one and still warm. A prompt that shrank began anew. */
function reusableTokens(before: PaidCall, call: PaidCall, rules: PromptCacheRules): number {
  const [earlier, total] = [totalInput(before.usage), totalInput(call.usage)];
  const ttlMs = ttlOf(rules, before.usage.cacheWrite1h > 0);
  return earlier <= total && call.startedAtMs - before.startedAtMs < ttlMs ? earlier : 0;
}

/** `usage` as it would be with `reusable` tokens read, and never fewer than were. */
function withPrefixRead(usage: Usage, reusable: number, rules: PromptCacheRules): Usage {
  const cacheRead = Math.max(reusable, usage.cacheRead);
  const rest = totalInput(usage) - cacheRead;
  if (rules.kind === "automatic") return { ...usage, cacheRead, uncachedInput: rest, cacheWrite5m: 0, cacheWrite1h: 0 };
  const forAnHour = usage.cacheWrite1h > 0;
  return {
    ...usage,
    cacheRead,
    uncachedInput: 0,
    cacheWrite5m: forAnHour ? 0 : rest,
    cacheWrite1h: forAnHour ? rest : 0,
  };
}

function usersOf(chains: readonly Chain[]): string {
  const users = [...new Set(chains.map(({ calls }) => calls[0]!.user))];
  const rest = users.length > 3 ? ` and ${users.length - 3} more` : "";
  return `users ${users.slice(0, 3).join(", ")}${rest}`;
}
