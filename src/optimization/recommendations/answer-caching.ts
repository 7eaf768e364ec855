/**
 * Recommends the answer cache where calls repeat within its time to live.
 *
 * The ledger keeps no prompts: calls count as repeated where user, asked model, size in bytes and input tokens are all
 * the same. Only calls that the cache was not asked for: where it was, its own savings are on record.
 */
import { totalInput } from "../../core/usage.ts";
import { isPaid } from "./ledger-calls.ts";
import type { LedgerCall, PaidCall } from "./ledger-calls.ts";
import { describePeriod, isEnoughData, perMonthUsd } from "./recommendation.ts";
import type { Recommendation, RecommendationInputs } from "./recommendation.ts";

/** Shorter requests may be equal in size by chance. */
const leastBytes = 1_000;
const leastRepeats = 20;

export function recommendAnswerCaching(inputs: RecommendationInputs): Recommendation | null {
  const { answerCacheTtlMs: ttlMs } = inputs;
  if (ttlMs === null || !isEnoughData(inputs)) return null;
  const repeats = repeatedCalls(inputs.calls, ttlMs);
  if (repeats.length < leastRepeats) return null;
  const saved = repeats.reduce((sum, call) => sum + call.costNanoUsd, 0);
  const minutes = Math.round(ttlMs / 60_000);
  return {
    kind: "answer-caching",
    title: "Turn on the answer cache",
    description:
      `${repeats.length} of ${inputs.calls.length} calls look like a repetition of one less than ${minutes} minutes ` +
      "before. The answer cache would serve them for nothing, but for those that bring tools or go on with a conversation.",
    basedOnCalls: repeats.length,
    savedNanoUsd: saved,
    savingPerMonthUsd: perMonthUsd(saved, inputs.periodMs),
    howComputed:
      "Calls of the same user to the same model with the same bytes and input tokens as one whose answer would still " +
      `be in the cache, at no cost instead of what they cost: ${describePeriod(saved, inputs)}`,
  };
}

/** Those that an answer cache with this time to live would have served. Its entries are not prolonged by hits. */
function repeatedCalls(calls: readonly LedgerCall[], ttlMs: number): readonly PaidCall[] {
  const storedAtMs = new Map<string, number>();
  return calls.filter(isPaid).filter((call) => {
    if (call.cacheStatus !== "bypass" || call.outcome !== "success" || call.requestBytes < leastBytes) return false;
    const key = [call.user, call.askedModel, call.requestBytes, totalInput(call.usage)].join("\0");
    const stored = storedAtMs.get(key);
    if (stored !== undefined && call.startedAtMs - stored < ttlMs) return true;
    storedAtMs.set(key, call.startedAtMs);
    return false;
  });
}
