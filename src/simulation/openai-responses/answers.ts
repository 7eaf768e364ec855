/** Whole answers of the Responses API. */
import { toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { refusalText } from "../openai-chat/answers.ts";
import type { AnswerPart } from "../answers/plan-answer.ts";
import type { AnswerFacts } from "../profile.ts";
import { createRandom, pickLetters } from "../random.ts";
import type { Random } from "../random.ts";
import { encryptReasoning, makeReasoningId } from "./sealed-reasoning.ts";

/** What becomes one item of the output. */
export type OutputPart = AnswerPart | { readonly kind: "refusal"; readonly text: string };

/** The parts of the answer, one for each item of its output, in their order. */
export function listOutputParts({ plan }: AnswerFacts): readonly OutputPart[] {
  if (plan.finish !== "refusal") return plan.parts;
  return [...plan.parts, { kind: "refusal", text: refusalText }];
}

/** The whole response. */
export function toResponse(facts: AnswerFacts): JsonObject {
  const random = createRandom(facts.seed);
  const { body, plan, prompt } = facts;
  const isCut = plan.finish === "length";
  const id = makeId("resp", random);
  const parts = listOutputParts(facts);
  const createdAt = Math.floor(facts.createdMs / 1000);
  return {
    id,
    object: "response",
    created_at: createdAt,
    status: isCut ? "incomplete" : "completed",
    background: false,
    completed_at: isCut ? null : createdAt,
    error: null,
    incomplete_details: isCut ? { reason: "max_output_tokens" } : null,
    model: prompt.model,
    output: parts.map((part, index) => toItem(part, isCut && index === parts.length - 1, body, random)),
    previous_response_id: null,
    service_tier: "default",
    usage: facts.isUsageMissing ? undefined : toUsage(facts),
    ...echoRequest(body),
  };
}

/** A response repeats the request's settings, with the defaults in place of those left out. */
function echoRequest(body: JsonObject): JsonObject {
  const { effort = null, summary = null } = toJsonObject(body["reasoning"]);
  return {
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    max_tool_calls: body["max_tool_calls"] ?? null,
    metadata: body["metadata"] ?? {},
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    prompt_cache_key: body["prompt_cache_key"] ?? null,
    reasoning: { effort, summary },
    safety_identifier: body["safety_identifier"] ?? null,
    store: body["store"] ?? true,
    temperature: body["temperature"] ?? 1,
    text: { format: { type: "text" }, verbosity: "medium", ...toJsonObject(body["text"]) },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: body["tools"] ?? [],
    top_logprobs: body["top_logprobs"] ?? 0,
    top_p: body["top_p"] ?? 1,
    truncation: body["truncation"] ?? "disabled",
    user: body["user"] ?? null,
  };
}

function toItem(part: OutputPart, isCut: boolean, body: JsonObject, random: Random): JsonObject {
  const status = isCut ? "incomplete" : "completed";
  if (part.kind === "thought") return toReasoning(part.text, body, random);
  if (part.kind === "call") {
    const id = makeId("fc", random);
    const callId = `call_${pickLetters(random, 24)}`;
    return { id, type: "function_call", status, arguments: part.inputJson, call_id: callId, name: part.name };
  }
  const content: JsonObject =
    part.kind === "refusal"
      ? { type: "refusal", refusal: part.text }
      : { type: "output_text", annotations: [], logprobs: [], text: part.text };
  return { id: makeId("msg", random), type: "message", status, content: [content], role: "assistant" };
}

/** Thoughts are shown as summaries, only if asked for, and handed over encrypted, only if asked for. */
function toReasoning(thought: string, body: JsonObject, random: Random): JsonObject {
  const { summary, generate_summary: summaryOnce } = toJsonObject(body["reasoning"]);
  const isShown = (summary ?? summaryOnce ?? null) !== null;
  const id = makeReasoningId(random, body["store"] !== false);
  const item: JsonObject = {
    id,
    type: "reasoning",
    summary: isShown ? thought.split("\n\n").map((text) => ({ type: "summary_text", text })) : [],
  };
  const isHandedOver = toJsonArray(body["include"]).includes("reasoning.encrypted_content");
  return isHandedOver ? { ...item, encrypted_content: encryptReasoning(random, id) } : item;
}

function toUsage({ input, plan }: AnswerFacts): JsonObject {
  const inputTokens = input.uncached + input.read;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: input.read, cache_write_tokens: 0 },
    output_tokens: plan.outputTokens,
    output_tokens_details: { reasoning_tokens: plan.thoughtTokens },
    total_tokens: inputTokens + plan.outputTokens,
  };
}

function makeId(start: string, random: Random): string {
  return `${start}_${pickLetters(random, 48).toLowerCase()}`;
}
