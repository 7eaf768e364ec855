/**
 * Reasoning items of the Responses API as `reasoning_details` of an answer, and back.
 *
 * The model's thinking between tool calls is kept by the client, encrypted, since nothing is stored at the provider
 * (https://developers.openai.com/api/docs/guides/reasoning). The form is the one that OpenRouter made common, with the name
 * of the provider that encrypted it: no other can read it. An item of several details is told by its id.
 */
import { isJsonObject, toJsonArray, toText } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

const format = "openai-responses-v1";

/** What a detail belongs to: the provider's name, the item's id, and a number that no other detail of the answer has. */
export interface DetailPlace {
  readonly provider: string;
  readonly id: JsonValue;
  readonly index: number;
}

/** A piece of an item's summary, or all of it. */
export function summaryDetail({ provider, id, index }: DetailPlace, summary: string): JsonObject {
  return { type: "reasoning.summary", summary, format, provider, id, index };
}

/** An item's encrypted content. */
export function encryptedDetail({ provider, id, index }: DetailPlace, data: string): JsonObject {
  return { type: "reasoning.encrypted", data, format, provider, id, index };
}

/** The items that `provider` encrypted. One without its content is none: nothing of it is stored. */
export function itemsOfDetails(details: JsonValue | undefined, provider: string): JsonObject[] {
  const own = toJsonArray(details)
    .filter(isJsonObject)
    .filter((detail) => detail["format"] === format && detail["provider"] === provider);
  return [...Map.groupBy(own, ({ id }) => id).entries()].flatMap(([id, parts]) => {
    const data = parts.find(({ type }) => type === "reasoning.encrypted")?.["data"];
    if (typeof id !== "string" || typeof data !== "string") return [];
    return [{ type: "reasoning", id, summary: summaryOf(parts), encrypted_content: data }];
  });
}

/** Pieces of one part have one index. */
function summaryOf(parts: readonly JsonObject[]): JsonObject[] {
  const texts = parts.filter(({ type, summary }) => type === "reasoning.summary" && typeof summary === "string");
  const byPart = Map.groupBy(texts, ({ index }) => index);
  return [...byPart.values()].map((pieces) => ({
    type: "summary_text",
    text: pieces.map(({ summary }) => toText(summary)).join(""),
  }));
}
