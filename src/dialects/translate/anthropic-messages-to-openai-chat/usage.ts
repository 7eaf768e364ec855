/** Usage as an Anthropic client reads it. */
import type { JsonObject } from "../../../core/json/json.ts";
import { totalInput } from "../../../core/usage.ts";
import type { Usage } from "../../../core/usage.ts";

/** Characters a token, roughly, of code and prose: for answers whose provider counts nothing. */
const charactersPerToken = 4;

/** The counts of an answer: the provider's, estimates in the place of those that it did not send. No prompt is empty. */
export function usageFor(usage: Usage | null, inputTokens: number, outputCharacters: number): JsonObject {
  if (usage === null) return toEstimatedUsage(inputTokens, outputCharacters);
  return toAnthropicUsage(totalInput(usage) > 0 ? usage : { ...usage, uncachedInput: inputTokens });
}

function toAnthropicUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.uncachedInput,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: usage.output,
    ...(usage.reasoning > 0 && { output_tokens_details: { thinking_tokens: usage.reasoning } }),
    ...(usage.serverToolRequests > 0 && { server_tool_use: { web_search_requests: usage.serverToolRequests } }),
  };
}

/** Estimated counts, where the provider sent none (yet): zeros would blind the client's context meter. */
function toEstimatedUsage(inputTokens: number, outputCharacters: number): JsonObject {
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: Math.ceil(outputCharacters / charactersPerToken),
  };
}
