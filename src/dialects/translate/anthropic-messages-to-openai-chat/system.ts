/**
 * System prompts: the request's own, and those between messages.
 *
 * Claude Code opens its prompt with a line of attribution that only Anthropic reads: it is left out here.
 */
import { withoutAttribution } from "../../../core/attribution.ts";
import { isJsonObject, toJsonArray, toText } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { markedAsSystem } from "../../marked-system.ts";
import type { TargetTraits } from "../../target-traits.ts";

/** The text of a system prompt given as a string or as blocks; "" for none. */
export function systemText(system: JsonValue | undefined): string {
  const texts =
    typeof system === "string"
      ? [system]
      : toJsonArray(system).map((block) => (isJsonObject(block) ? toText(block["text"]) : ""));
  return texts
    .map(withoutAttribution)
    .filter((text) => text !== "")
    .join("\n\n");
}

/** The message that opens a conversation, or none for an empty prompt. */
export function toSystemMessages(text: string, traits: TargetTraits): JsonObject[] {
  return text === "" ? [] : [{ role: traits.systemRole, content: text }];
}

/** A system message that stands between others, in its place: as text of the user where the target wants it so. */
export function toMidConversationSystem(content: JsonValue | undefined, traits: TargetTraits): JsonObject[] {
  const text = systemText(content);
  if (text === "" || traits.hasMidConversationSystem) return toSystemMessages(text, traits);
  return [{ role: "user", content: markedAsSystem(text) }];
}
