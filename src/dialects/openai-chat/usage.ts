/**
 * Token counts of the OpenAI dialect, in all the ways that providers send them, as one core Usage.
 *
 * Cached tokens stand inside `prompt_tokens` nearly everywhere; where they cannot (more of them than prompt tokens)
 * they are taken to stand beside it. Reasoning stands inside `completion_tokens`, but xAI counts it beside, and
 * Gemini's endpoint shows it in `total_tokens` alone: whatever the total has on top of the parts is output.
 *
 * Sources: https://platform.openai.com/docs/api-reference/chat/object, https://api-docs.deepseek.com/api/create-chat-completion,
 * https://docs.x.ai/docs/guides/reasoning, https://platform.moonshot.ai/docs/api/chat,
 * https://openrouter.ai/docs/use-cases/usage-accounting, https://console.groq.com/docs/api-reference (`x_groq`).
 */
import { isJsonObject, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { toTokenCount, toToolRequestCount } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";

/** Whether `stream_options` asks for a stream's counts, in a chunk of their own. */
export function asksForUsage(streamOptions: JsonValue | undefined): boolean {
  return toJsonObject(streamOptions)["include_usage"] === true;
}

/** The usage in a `usage` object; null where there is none, or nothing but zeros (sent early by some servers). */
export function toUsage(value: unknown): Usage | null {
  if (!isJsonObject(value)) return null;
  const promptDetails = toJsonObject(value["prompt_tokens_details"]);
  const completion = toTokenCount(value["completion_tokens"]);
  // Without a prompt's count the total tells it.
  const prompt = toTokenCount(value["prompt_tokens"]) || Math.max(0, toTokenCount(value["total_tokens"]) - completion);
  if (prompt === 0 && completion === 0) return null;
  const cacheRead = firstCount(
    promptDetails["cached_tokens"],
    value["prompt_cache_hit_tokens"],
    value["cached_tokens"],
  );
  const cacheWrite = firstCount(
    promptDetails["cache_creation_tokens"],
    promptDetails["cache_creation_input_tokens"],
    promptDetails["cache_write_tokens"],
    value["cache_creation_input_tokens"],
  );
  const cached = cacheRead + cacheWrite;
  const isCacheInside = cached <= prompt;
  const input = isCacheInside ? prompt : prompt + cached;
  const output = toOutput(value, input, completion);
  const uncachedInput = input - cached;
  return {
    uncachedInput,
    cacheRead,
    cacheWrite5m: cacheWrite,
    cacheWrite1h: 0,
    ...output,
    serverToolRequests: toToolRequestCount(toJsonObject(value["server_tool_use"])["web_search_requests"]),
    ...audioOf("inputAudio", promptDetails, uncachedInput),
    ...audioOf("outputAudio", toJsonObject(value["completion_tokens_details"]), output.output - output.reasoning),
  };
}

/** Audio stands inside the counts. Nobody tells how much of it was cached: the audio is taken for what was not. */
function audioOf<Name extends "inputAudio" | "outputAudio">(
  name: Name,
  details: JsonObject,
  most: number,
): Partial<Record<Name, number>> {
  const audio = Math.min(toTokenCount(details["audio_tokens"]), most);
  return audio === 0 ? {} : ({ [name]: audio } as Record<Name, number>);
}

function toOutput(value: JsonObject, input: number, completion: number): { output: number; reasoning: number } {
  const details = toJsonObject(value["completion_tokens_details"]);
  const reasoning = firstCount(details["reasoning_tokens"], value["reasoning_tokens"]);
  const beside = Math.max(0, toTokenCount(value["total_tokens"]) - input - completion);
  const isReasoningBeside = reasoning > 0 && (beside === reasoning || reasoning > completion);
  if (isReasoningBeside) return { output: completion + reasoning, reasoning };
  if (reasoning === 0 && beside > 0) return { output: completion + beside, reasoning: beside };
  return { output: completion, reasoning };
}

/** The first of several places that holds a count. */
function firstCount(...values: readonly unknown[]): number {
  for (const value of values) {
    const count = toTokenCount(value);
    if (count > 0) return count;
  }
  return 0;
}
