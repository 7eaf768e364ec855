/**
 * A request of Chat Completions as one of the Responses API.
 * https://developers.openai.com/api/docs/api-reference/responses/create
 *
 * Nothing is stored at the provider unless the client asks for it: reasoning comes encrypted and goes back with the
 * conversation. No summary of it is asked for, which OpenAI refuses with 400 to organisations that are not verified
 * (https://github.com/continuedev/continue/issues/9876).
 */
import { GatewayError } from "../../core/errors/errors.ts";
import { isJsonObject, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { TargetTraits } from "../target-traits.ts";
import { toInputItems } from "./input-items.ts";
import { toResponsesToolChoice, toResponsesTools } from "./tools.ts";

export interface ResponsesRequest {
  readonly body: JsonObject;
  /** What was left out. */
  readonly notes: readonly string[];
}

/** They mean the same in both. */
const sharedFields = [
  "model", "stream", "temperature", "top_p", "top_logprobs", "parallel_tool_calls", "metadata", "user", "service_tier",
  "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "moderation",
] as const; // prettier-ignore

/** They have another place there. */
const movedFields: ReadonlySet<string> = new Set([
  "messages", "tools", "tool_choice", "max_tokens", "max_completion_tokens", "reasoning_effort", "response_format",
  "verbosity", "store", "stream_options", "n",
]); // prettier-ignore

/** The least `max_output_tokens`. */
const leastOutputTokens = 16;

/**
 * `body`, a request of Chat Completions, for a target that gets back the reasoning that is its own. Throws GatewayError
 * `caller_unsupported_content` where several answers are wanted.
 */
export function toResponsesRequest(body: JsonObject, traits: TargetTraits): ResponsesRequest {
  if ((body["n"] ?? 1) !== 1) {
    throw new GatewayError(
      "caller_unsupported_content",
      "n: with tools and reasoning this model gives one answer; ask for 1",
    );
  }
  const notes = new Set<string>();
  const reasons = traits.reasoningRequest.kind !== "none";
  const request: JsonObject = {};
  for (const field of sharedFields) if ((body[field] ?? null) !== null) request[field] = body[field]!;
  request["input"] = toInputItems(body["messages"], { traits, notes });
  Object.assign(request, toolsOf(body), limitOf(body), reasoningOf(body), textOf(body), {
    store: body["store"] ?? false,
    // Refused for models that do not reason.
    ...(reasons && { include: ["reasoning.encrypted_content"] }),
  });
  for (const field of Object.keys(body)) {
    const isKnown = movedFields.has(field) || field in request;
    if (!isKnown && body[field] !== null) notes.add(`${field}: left out, the Responses API has no such field`);
  }
  return { body: request, notes: [...notes] };
}

function toolsOf({ tools, tool_choice }: JsonObject): JsonObject {
  const wanted = toResponsesTools(tools);
  if (wanted.length === 0) return {};
  const choice = tool_choice ?? null;
  return { tools: wanted, ...(choice !== null && { tool_choice: toResponsesToolChoice(choice) }) };
}

function limitOf({ max_completion_tokens, max_tokens }: JsonObject): JsonObject {
  const limit = max_completion_tokens ?? max_tokens;
  return typeof limit === "number" ? { max_output_tokens: Math.max(limit, leastOutputTokens) } : {};
}

function reasoningOf({ reasoning_effort: effort }: JsonObject): JsonObject {
  return typeof effort === "string" ? { reasoning: { effort } } : {};
}

function textOf({ response_format, verbosity }: JsonObject): JsonObject {
  const format = isJsonObject(response_format) ? { format: toTextFormat(response_format) } : {};
  const text = { ...format, ...(typeof verbosity === "string" && { verbosity }) };
  return Object.keys(text).length === 0 ? {} : { text };
}

function toTextFormat({ type, json_schema }: JsonObject): JsonObject {
  return { type: type ?? "text", ...(type === "json_schema" && toJsonObject(json_schema)) };
}
