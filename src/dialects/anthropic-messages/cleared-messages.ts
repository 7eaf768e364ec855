/**
 * System messages that are for one turn only (`clear_at: "next_user_message"`): the client goes on sending them, and
 * Anthropic no longer shows them once a later message of the user is there. Other targets are sent none of those.
 *
 * Source: the types of @anthropic-ai/sdk 1.12 (`BetaSystemMessageParam`).
 */
import { toJsonObject } from "../../core/json/json.ts";
import type { JsonValue } from "../../core/json/json.ts";

/** The messages that the model is still to see. */
export function withoutCleared(messages: readonly JsonValue[]): JsonValue[] {
  const newest = messages.findLastIndex((message) => toJsonObject(message)["role"] === "user");
  return messages.filter((message, place) => {
    const { role, clear_at } = toJsonObject(message);
    return !(role === "system" && clear_at === "next_user_message" && place < newest);
  });
}
