/**
 * Fields of OpenAI's requests and messages left out for a target that refuses to be sent them: client libraries send some in
 * every call (`store`), and return an answer with all that it came with (`refusal: null`).
 */
import { isJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { withoutFields } from "../../without-fields.ts";

/** `body` without what the target refuses; the same object where it holds nothing of that. */
export function fitFields(body: JsonObject, { refusedFields, refusedMessageFields }: TargetTraits): JsonObject {
  const fitted = withoutFields(body, refusedFields);
  const { messages } = fitted;
  if (refusedMessageFields.length === 0 || !Array.isArray(messages)) return fitted;
  const known = messages.map((message) => fitMessage(message, refusedMessageFields));
  return known.every((message, place) => message === messages[place]) ? fitted : { ...fitted, messages: known };
}

/** A refusal was all that the answer said: it stays as its text. */
function fitMessage(message: JsonValue, refused: readonly string[]): JsonValue {
  if (!isJsonObject(message)) return message;
  const known = withoutFields(message, refused);
  const { content, refusal } = message;
  const isSaidByRefusal = known !== message && (content ?? "") === "" && typeof refusal === "string";
  return isSaidByRefusal ? { ...known, content: refusal } : known;
}
