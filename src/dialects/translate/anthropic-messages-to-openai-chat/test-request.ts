/** A request as it is sent to a target of these traits. */
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { toChatRequest } from "./request.ts";

export function traitsOf(traits: Partial<TargetTraits> = {}): TargetTraits {
  return { ...defaultTraits({ provider: "acme", model: "m" }), ...traits };
}

/** The whole request as the target gets it. */
export function sent(request: JsonObject, traits?: Partial<TargetTraits>): JsonObject {
  const messages = [{ role: "user", content: "Hi" }];
  return toChatRequest({ model: "claude", max_tokens: 9000, messages, ...request }, traitsOf(traits)).body;
}

/** The messages that the target gets for these. */
export function messages(list: JsonObject[], traits?: Partial<TargetTraits>): JsonObject[] {
  return toJsonArray(sent({ messages: list }, traits)["messages"]).map(toJsonObject);
}

export const use = (id: string): JsonObject => ({ type: "tool_use", id, name: "Read", input: {} });

export const result = (id: string, content: JsonObject["x"] = "ok"): JsonObject => ({
  type: "tool_result",
  tool_use_id: id,
  ...(content !== undefined && { content }),
});
