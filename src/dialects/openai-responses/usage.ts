/** Token counts of the Responses API under the names of Chat Completions. */
import { isJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

/** `usage` of a chunk or a completion; null where there are no counts. */
export function toChatUsage(usage: JsonValue | undefined): JsonObject | null {
  if (!isJsonObject(usage)) return null;
  const { input_tokens, input_tokens_details, output_tokens, output_tokens_details, total_tokens } = usage;
  return {
    prompt_tokens: input_tokens ?? 0,
    completion_tokens: output_tokens ?? 0,
    ...(total_tokens !== undefined && { total_tokens }),
    ...(isJsonObject(input_tokens_details) && { prompt_tokens_details: input_tokens_details }),
    ...(isJsonObject(output_tokens_details) && { completion_tokens_details: output_tokens_details }),
  };
}
