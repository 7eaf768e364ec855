/** A request without some blocks of its messages. */
import { isJsonObject, toJsonArray } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

/** Messages that held nothing else are left out. The body itself where there is no such block. */
export function withoutBlocks(body: JsonObject, isLeftOut: (block: JsonValue) => boolean): JsonObject {
  let isChanged = false;
  const messages: JsonValue[] = [];
  for (const message of toJsonArray(body["messages"])) {
    const content = isJsonObject(message) ? message["content"] : undefined;
    const kept = Array.isArray(content) ? content.filter((block) => !isLeftOut(block)) : [];
    if (!isJsonObject(message) || !Array.isArray(content) || kept.length === content.length) {
      messages.push(message);
    } else {
      isChanged = true;
      if (kept.length > 0) messages.push({ ...message, content: kept });
    }
  }
  return isChanged ? { ...body, messages } : body;
}
