/** A chat completion request as a request to `/v1/messages`. Which field goes where stands in fields.ts. */
import { hash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { GatewayError } from "../../../core/errors/errors.ts";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { ownValue } from "../../../core/json/own-value.ts";
import { efforts } from "../../reasoning-effort.ts";
import type { TargetTraits } from "../../target-traits.ts";
import type { TranslatedRequest } from "../../translation.ts";
import { textBlocks } from "./content.ts";
import { requestFields } from "./fields.ts";
import { toOutputFormat } from "./output-format.ts";
import { repairConversation } from "./repair-turns.ts";
import { readWish, toThinking } from "./thinking.ts";
import { toTools } from "./tools.ts";
import { toConversation } from "./turns.ts";

/** Output asked for where neither the client nor the catalog names a limit: the API wants one. */
const defaultMaxTokens = 4_096;

/** Longer ones are refused: https://docs.anthropic.com/en/api/messages */
const maxUserIdCharacters = 256;

/** Throws GatewayError `caller_*` on what the target cannot be asked. */
export function translateRequest(body: JsonObject, traits: TargetTraits): TranslatedRequest {
  const notes = new Set<string>();
  applyRules(body, notes);
  const conversation = repairConversation(toConversation(body["messages"], traits, notes), traits, notes);
  const maxTokens = toMaxTokens(body, traits, notes);
  const tools = toTools(body, conversation.turns, notes);
  const question = {
    ...readWish(readEffort(body["reasoning_effort"]), toJsonObject(body["thinking"]), toJsonObject(body["reasoning"])),
    maxTokens,
    toolChoice: tools["tool_choice"],
    turns: conversation.turns,
  };
  const { thinking, effort } = toThinking(question, traits, notes);
  const { format, instruction } = toOutputFormat(body["response_format"], traits, notes);
  const system = [...conversation.system, ...textBlocks(instruction ?? "")];
  const outputConfig = { ...(effort !== null && { effort }), ...(format !== null && { format }) };
  const translated: JsonObject = {
    model: traits.target.model,
    max_tokens: maxTokens,
    ...(system.length > 0 && { system }),
    messages: conversation.turns.map(({ role, content }) => ({ role, content: [...content] })),
    ...tools,
    ...(thinking !== null && { thinking }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...toSampling(body, traits, (thinking?.["type"] ?? "disabled") !== "disabled", notes),
    ...toStopSequences(body["stop"], traits, notes),
    ...toMetadata(body),
    ...(body["stream"] === true && { stream: true }),
  };
  return { body: translated, notes: [...notes] };
}

/** Refuses and notes, field by field, what does not go on. */
function applyRules(body: JsonObject, notes: Set<string>): void {
  for (const [name, value] of Object.entries(body)) {
    const rule = ownValue(requestFields, name);
    if (value === undefined || value === null) continue;
    if (rule === undefined) {
      notes.add(`${name} left out: unknown`);
    } else if (rule.kind === "refused" && !rule.unless.some((harmless) => isDeepStrictEqual(value, harmless))) {
      throw new GatewayError("caller_unsupported_content", rule.reason);
    } else if (
      rule.kind === "dropped" &&
      rule.unless?.some((harmless) => isDeepStrictEqual(value, harmless)) !== true
    ) {
      notes.add(`${name} left out: the target has no counterpart`);
    }
  }
}

function toMaxTokens(body: JsonObject, traits: TargetTraits, notes: Set<string>): number {
  const limit = traits.maxOutputTokens;
  const asked = body["max_completion_tokens"] ?? body["max_tokens"] ?? null;
  if (asked === null) return limit ?? defaultMaxTokens;
  if (typeof asked !== "number" || !Number.isInteger(asked) || asked < 1) {
    throw new GatewayError("caller_invalid_request", "`max_tokens` must be a whole number above 0.");
  }
  if (limit === null || asked <= limit) return asked;
  notes.add(`max_tokens lowered from ${asked} to ${limit}: the target's maximum`);
  return limit;
}

function readEffort(effort: JsonValue | undefined): string | null {
  if (effort === undefined || effort === null) return null;
  if (typeof effort === "string" && efforts.includes(effort)) return effort;
  throw new GatewayError("caller_invalid_request", `\`reasoning_effort\` must be one of ${efforts.join(", ")}.`);
}

/** Beside thinking the API takes none of these, and newer models take no two of temperature and top_p. */
function toSampling(body: JsonObject, traits: TargetTraits, isThinking: boolean, notes: Set<string>): JsonObject {
  const asked = ["temperature", "top_p", "top_k"].filter((name) => typeof body[name] === "number");
  if (asked.length === 0) return {};
  if (!traits.hasSamplingParameters || isThinking) {
    notes.add(`${asked.join(", ")} left out: ${isThinking ? "not beside thinking" : "the target takes none"}`);
    return {};
  }
  const sampling: JsonObject = {};
  for (const name of asked) sampling[name] = body[name];
  if (typeof sampling["temperature"] === "number") {
    const temperature = Math.min(Math.max(sampling["temperature"], 0), 1);
    if (temperature !== sampling["temperature"])
      notes.add(`temperature set to ${temperature}: the target's range is 0 to 1`);
    sampling["temperature"] = temperature;
    if (sampling["top_p"] !== undefined) {
      delete sampling["top_p"];
      notes.add("top_p left out: not beside temperature");
    }
  }
  return sampling;
}

function toStopSequences(stop: JsonValue | undefined, traits: TargetTraits, notes: Set<string>): JsonObject {
  const asked = (typeof stop === "string" ? [stop] : toJsonArray(stop)).filter((one) => typeof one === "string");
  const usable = traits.hasStopSequences ? asked.filter((sequence) => sequence.trim() !== "") : [];
  if (usable.length < asked.length) notes.add("stop sequences left out: the target takes none that are blank");
  return usable.length === 0 ? {} : { stop_sequences: usable };
}

function toMetadata(body: JsonObject): JsonObject {
  const user = body["user"] ?? body["safety_identifier"];
  return typeof user === "string" && user !== "" ? { metadata: { user_id: toUserId(user) } } : {};
}

/**
 * The API refuses a person's address or telephone number with 400 and asks for a hash in its place (seen in
 * https://github.com/BerriAI/litellm/issues/10106).
 */
function toUserId(user: string): string {
  const isPersonal = user.includes("@") || /^\+?[\d\s().-]{7,}$/.test(user);
  return isPersonal ? hash("sha256", user) : user.slice(0, maxUserIdCharacters);
}
