/**
 * A request of the OpenAI dialect made to fit another model than the one it was written for.
 *
 * Where the router chooses the model (an alias, a rule, a fallback), the client cannot know what it takes, and servers of
 * the dialect refuse with 400 what others ask for: the output limit by its other name, more output than the model
 * writes, sampling, an effort, a forced call, a schema, system messages between others, images. What fits stays as it is; the
 * sources stand in the catalog.
 */
import { isJsonObject, toJsonArray } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { nearestEffort } from "../../reasoning-effort.ts";
import { withoutFields } from "../../without-fields.ts";
import { fitFields } from "./fit-fields.ts";
import { fitOutputFormat } from "./fit-output-format.ts";
import { fitSchemas } from "./fit-schemas.ts";
import { fitSystemMessages } from "./fit-system-messages.ts";
import { fitTurns } from "./fit-turns.ts";
import { fitToolChoice, noThinking, stopThinkingForTool } from "./fit-tool-choice.ts";

/** The small fields that may change: a request's excerpt of these tells whether they fit. */
export const fittedChatFields: readonly string[] = [
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "stop",
  "reasoning_effort",
  "stream_options",
  "parallel_tool_calls",
  "tool_choice",
  "thinking",
  "enable_thinking",
  "response_format",
];

/** `body`, or what of it the target takes; the same object where all fits. */
export function fitChatToModel(body: JsonObject, traits: TargetTraits): JsonObject {
  const fits = [
    fitFields, fitOutput, fitEffort, leaveOutRefused, fitToolChoice, fitSchemas, stopThinkingForTool, fitOutputFormat,
    fitDevelopers, fitImages, fitSystemMessages, fitTurns,
  ]; // prettier-ignore
  return fits.reduce((fitted, fit) => fit(fitted, traits), body);
}

/** The name of the output limit that is not the target's own. */
export function otherLimitField({ tokenLimitField }: TargetTraits): string {
  return tokenLimitField === "max_tokens" ? "max_completion_tokens" : "max_tokens";
}

/**
 * The output limit under the target's name for it. It means the same under both, and clients for any server of the
 * dialect know but one.
 */
export function nameOutputLimit(body: JsonObject, traits: TargetTraits): JsonObject {
  return fitOutput(body, { ...traits, maxOutputTokens: null });
}

/** The output limit under the target's name for it, and not above the model's own. */
function fitOutput(body: JsonObject, traits: TargetTraits): JsonObject {
  const { tokenLimitField, maxOutputTokens } = traits;
  const asked = body["max_completion_tokens"] ?? body["max_tokens"];
  if (typeof asked !== "number") return body;
  const limit = maxOutputTokens === null ? asked : Math.min(asked, maxOutputTokens);
  const other = otherLimitField(traits);
  if (body[other] === undefined) return limit === asked ? body : { ...body, [tokenLimitField]: limit };
  // A server of which nothing is known may know the newer name only.
  const field = tokenLimitField === "max_tokens" && !traits.refusesUnknownFields ? other : tokenLimitField;
  if (field === other && limit === asked) return body;
  return { ...withoutFields(body, ["max_tokens", "max_completion_tokens"]), [field]: limit };
}

/**
 * The nearest effort that the model knows; where thinking is switched, it is off for those who want none. Where tools go only
 * with thinking said to be off, it is said.
 */
function fitEffort(body: JsonObject, { reasoningRequest, refusesUnknownFields }: TargetTraits): JsonObject {
  const asked = body["reasoning_effort"];
  if (reasoningRequest.kind !== "effort") {
    const isSwitched = reasoningRequest.kind === "thinking-switch" || reasoningRequest.kind === "enable-thinking";
    if (asked === "none" && isSwitched)
      return { ...withoutFields(body, ["reasoning_effort"]), ...noThinking(reasoningRequest.kind) };
    return reasoningRequest.kind === "none" && refusesUnknownFields ? withoutFields(body, ["reasoning_effort"]) : body;
  }
  const known = reasoningRequest.efforts;
  const isOffOnly = known.length === 1 && known[0] === "none";
  if (asked === undefined && isOffOnly && toJsonArray(body["tools"]).length > 0)
    return { ...body, reasoning_effort: "none" };
  if (typeof asked !== "string" || known.includes(asked)) return body;
  return { ...body, reasoning_effort: nearestEffort(asked, known) };
}

function leaveOutRefused(body: JsonObject, traits: TargetTraits): JsonObject {
  const refused = [
    ...(traits.hasSamplingParameters ? [] : ["temperature", "top_p"]),
    ...(traits.hasStopSequences ? [] : ["stop"]),
    ...(traits.hasStreamUsage ? [] : ["stream_options"]),
    ...(traits.hasParallelToolCalls ? [] : ["parallel_tool_calls"]),
  ];
  return withoutFields(body, refused);
}

function fitDevelopers(body: JsonObject, { systemRole }: TargetTraits): JsonObject {
  const { messages } = body;
  if (systemRole === "developer" || !Array.isArray(messages) || !messages.some(isDeveloper)) return body;
  const fitted = messages.map((message) => (isDeveloper(message) ? { ...message, role: "system" } : message));
  return { ...body, messages: fitted };
}

function isDeveloper(message: JsonValue): message is JsonObject {
  return isJsonObject(message) && message["role"] === "developer";
}

/** A text in place of each image where the model takes none: the conversation can go on. */
function fitImages(body: JsonObject, { hasImages }: TargetTraits): JsonObject {
  const { messages } = body;
  if (hasImages || !Array.isArray(messages) || !messages.some((message) => contentOf(message).some(isImage)))
    return body;
  const fitted = messages.map((message) => {
    const content = contentOf(message);
    if (!isJsonObject(message) || !content.some(isImage)) return message;
    return { ...message, content: content.map((part) => (isImage(part) ? leftOutImage : part)) };
  });
  return { ...body, messages: fitted };
}

const leftOutImage: JsonObject = { type: "text", text: "[image left out: this model takes no images]" };

function contentOf(message: JsonValue): JsonValue[] {
  return toJsonArray(isJsonObject(message) ? message["content"] : undefined);
}

function isImage(part: JsonValue): boolean {
  return isJsonObject(part) && part["type"] === "image_url";
}
