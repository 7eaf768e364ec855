/**
 * A request of the Anthropic dialect made to fit another Claude model than the one it was written for.
 *
 * Where the router chooses the model (an alias, a scenario, a fallback), the client cannot know what it takes, and
 * Claude models refuse with 400 what others ask for: more output than they write, adaptive thinking or a budget,
 * an effort, sampling, fast mode. What fits stays as it is.
 *
 * Sources: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking,
 * https://platform.claude.com/docs/en/build-with-claude/effort,
 * https://github.com/anthropics/claude-code/issues/11971 (an edit of thinking needs thinking),
 * https://github.com/NousResearch/hermes-agent/pull/19517 (a speed).
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { nearestEffort } from "../reasoning-effort.ts";
import type { TargetTraits } from "../target-traits.ts";
import { withoutFields } from "../without-fields.ts";

/** The fields that may change: a request's excerpt of these tells whether it fits. */
export const fittedFields: readonly string[] = [
  "max_tokens",
  "thinking",
  "output_config",
  "context_management",
  "temperature",
  "top_p",
  "top_k",
  "speed",
];

/** `body`, or what of it the target takes; the same object where all fits. */
export function fitToModel(body: JsonObject, traits: TargetTraits): JsonObject {
  const fits = [fitOutput, fitThinking, fitEffort, fitEdits, fitSampling, fitSpeed];
  return fits.reduce((fitted, fit) => fit(fitted, traits), body);
}

function fitOutput(body: JsonObject, { maxOutputTokens }: TargetTraits): JsonObject {
  const asked = body["max_tokens"];
  if (maxOutputTokens === null || typeof asked !== "number" || asked <= maxOutputTokens) return body;
  const thinking = toJsonObject(body["thinking"]);
  const budget = thinking["budget_tokens"];
  if (typeof budget !== "number" || budget < maxOutputTokens) return { ...body, max_tokens: maxOutputTokens };
  // A budget must leave room for an answer.
  const smaller = { ...thinking, budget_tokens: Math.floor(maxOutputTokens / 2) };
  return { ...body, max_tokens: maxOutputTokens, thinking: smaller };
}

/**
 * A budget becomes adaptive thinking; adaptive thinking is left out where only budgets are taken, since a tool loop
 * that began without thinking is refused with one.
 */
function fitThinking(body: JsonObject, { thinkingRequest }: TargetTraits): JsonObject {
  const { type } = toJsonObject(body["thinking"]);
  if (type === "enabled" && thinkingRequest.kind === "adaptive") return { ...body, thinking: { type: "adaptive" } };
  const isRefused =
    (type === "adaptive" && thinkingRequest.kind !== "adaptive") ||
    (type === "enabled" && thinkingRequest.kind === "none");
  return isRefused ? withoutFields(body, ["thinking"]) : body;
}

/** The effort of this name, or the nearest that is known; left out where none is. */
export function fitEffort(body: JsonObject, { thinkingRequest }: TargetTraits): JsonObject {
  const output = toJsonObject(body["output_config"]);
  const { effort } = output;
  const known = thinkingRequest.kind === "adaptive" ? thinkingRequest.efforts : [];
  if (typeof effort !== "string" || known.includes(effort)) return body;
  const nearest = known.length > 0 ? { effort: nearestEffort(effort, known) } : {};
  const fitted = { ...withoutFields(output, ["effort"]), ...nearest };
  return Object.keys(fitted).length === 0 ? withoutFields(body, ["output_config"]) : { ...body, output_config: fitted };
}

/** Edits of earlier thinking are refused beside a request that does not think. */
export function fitEdits(body: JsonObject): JsonObject {
  const management = toJsonObject(body["context_management"]);
  const { type } = toJsonObject(body["thinking"]);
  const edits = toJsonArray(management["edits"]);
  if (type === "adaptive" || type === "enabled" || !edits.some(isThinkingEdit)) return body;
  const kept = edits.filter((edit) => !isThinkingEdit(edit));
  if (kept.length === 0) return withoutFields(body, ["context_management"]);
  return { ...body, context_management: { ...management, edits: kept } };
}

function isThinkingEdit(edit: JsonValue): boolean {
  const { type } = isJsonObject(edit) ? edit : {};
  return typeof type === "string" && type.startsWith("clear_thinking_");
}

function fitSampling(body: JsonObject, { hasSamplingParameters }: TargetTraits): JsonObject {
  return hasSamplingParameters ? body : withoutFields(body, ["temperature", "top_p", "top_k"]);
}

function fitSpeed(body: JsonObject, { hasFastMode }: TargetTraits): JsonObject {
  return hasFastMode ? body : withoutFields(body, ["speed"]);
}
