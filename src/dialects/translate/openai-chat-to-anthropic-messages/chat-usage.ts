/** Anthropic's counts as a chat completion's `usage`: the prompt holds what was read from and written to the cache. */
import type { JsonObject } from "../../../core/json/json.ts";
import { totalInput } from "../../../core/usage.ts";
import { usageFromAnthropic } from "../../anthropic-messages/usage.ts";

/**
 * `usage` for the client, null without any count. Passes of a server-side compaction are billed but stand
 * outside the context that the client wants to know of, so they are left out here.
 */
export function toChatUsage(counts: JsonObject): JsonObject | null {
  const usage = usageFromAnthropic({ ...counts, iterations: null });
  if (usage === null) return null;
  const prompt = totalInput(usage);
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      cache_write_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}
