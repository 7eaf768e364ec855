/**
 * A whole request: Anthropic's `/v1/messages` body to a body for `/chat/completions`.
 *
 * The body is built from nothing, field by field, so that nothing of Anthropic's can slip through. What has no
 * counterpart is left out with a note; docs/translation/anthropic-to-openai.md has a row for each field.
 */
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { GatewayError } from "../../../core/errors/errors.ts";
import { foldToolChanges } from "../../anthropic-messages/fold-tool-changes.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { refuseCrowdedEnvelopes } from "../../thinking-envelope.ts";
import type { TranslatedRequest } from "../../translation.ts";
import type { ContentContext } from "./content-parts.ts";
import { toChatMessages } from "./messages.ts";
import { toReasoningParameters } from "./reasoning.ts";
import { toStructuredOutput } from "./structured-output.ts";
import { systemText, toSystemMessages } from "./system.ts";
import { toTools } from "./tools.ts";

/** OpenAI takes four: https://platform.openai.com/docs/api-reference/chat/create. */
const maxStopSequences = 4;

/** Fields that are read below, or that go without a note because they ask for nothing that the answer would lack. */
const knownFields: ReadonlySet<string> = new Set(
  (
    "model messages system max_tokens stream tools tool_choice stop_sequences temperature top_p thinking " +
    "output_config output_format metadata cache_control"
  ).split(" "),
);

/** Translates `request` for the target of `traits`. Throws GatewayError `caller_*` on what it cannot be asked. */
export function toChatRequest(request: JsonObject, traits: TargetTraits): TranslatedRequest {
  refuseCrowdedEnvelopes(request["messages"]);
  const body = foldToolChanges(request);
  const context: ContentContext = { traits, notes: new Set<string>() };
  if (toJsonArray(body["mcp_servers"]).length > 0) {
    throw new GatewayError(
      "caller_unsupported_content",
      `mcp_servers: only Anthropic's servers connect to MCP servers, ${traits.target.model} does not. Leave them out, or route such calls to Anthropic.`,
    );
  }
  noteUnknownFields(body, context);
  const maxTokens = toMaxTokens(body, context);
  const structured = toStructuredOutput(body, context);
  const system = [systemText(body["system"]), structured.instruction].filter((text) => text !== "").join("\n\n");
  return {
    body: {
      model: traits.target.model,
      messages: [...toSystemMessages(system, traits), ...toChatMessages(body["messages"], context)],
      ...(maxTokens !== null && { [traits.tokenLimitField]: maxTokens }),
      ...toStreamParameters(body, traits),
      ...toTools(body, context),
      ...toSampling(body, context),
      ...toReasoningParameters(body, maxTokens, context),
      ...structured.parameters,
    },
    notes: [...context.notes],
  };
}

function noteUnknownFields(body: JsonObject, context: ContentContext): void {
  for (const field of Object.keys(body)) {
    if (!knownFields.has(field)) context.notes.add(`${field}: left out`);
  }
  for (const field of Object.keys(toJsonObject(body["output_config"]))) {
    if (field !== "effort" && field !== "format") context.notes.add(`output_config.${field}: left out`);
  }
}

/** Claude Code asks for 32,000 to 128,000 tokens each time, whatever the model: a blanket, not a wish. */
const blanketMaxTokens = 32_000;

/** The output limit: never above the target's own, nor above half its context where only that is known. */
function toMaxTokens(body: JsonObject, context: ContentContext): number | null {
  const asked = body["max_tokens"];
  if (typeof asked !== "number") {
    throw new GatewayError("caller_invalid_request", "max_tokens: Field required, a number");
  }
  const { maxOutputTokens, contextTokens } = context.traits;
  if (maxOutputTokens === null && contextTokens === null && asked >= blanketMaxTokens) {
    context.notes.add(`max_tokens ${asked}: left out, the model's own limit is not known`);
    return null;
  }
  const limit = maxOutputTokens ?? (contextTokens === null ? asked : Math.floor(contextTokens / 2));
  if (asked <= limit) return asked;
  context.notes.add(`max_tokens ${asked}: sent as ${limit}`);
  return limit;
}

/** `stream_options` is refused without `stream`. */
function toStreamParameters(body: JsonObject, traits: TargetTraits): JsonObject {
  if (body["stream"] !== true) return {};
  return { stream: true, ...(traits.hasStreamUsage && { stream_options: { include_usage: true } }) };
}

function toSampling(body: JsonObject, context: ContentContext): JsonObject {
  const { traits, notes } = context;
  const sampling: JsonObject = {};
  for (const field of ["temperature", "top_p"]) {
    if (typeof body[field] !== "number") continue;
    if (traits.hasSamplingParameters) sampling[field] = body[field];
    else notes.add(`${field}: left out, the model takes none`);
  }
  const stop = toJsonArray(body["stop_sequences"]).filter((text) => typeof text === "string" && text !== "");
  if (stop.length === 0) return sampling;
  if (!traits.hasStopSequences) notes.add("stop_sequences: left out, the model takes none");
  else sampling["stop"] = toStop(stop, context);
  return sampling;
}

function toStop(stop: readonly JsonValue[], context: ContentContext): JsonValue[] {
  if (stop.length > maxStopSequences) context.notes.add(`stop_sequences: only the first ${maxStopSequences} are sent`);
  return stop.slice(0, maxStopSequences);
}
