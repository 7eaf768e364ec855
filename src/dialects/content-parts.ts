/** A message's content as a list: a plain text is one part of text, in both dialects. */
import { toJsonArray } from "../core/json/json.ts";
import type { JsonValue } from "../core/json/json.ts";

/** The parts of `content`, which both dialects allow to be a plain text. */
export function contentParts(content: JsonValue | undefined): JsonValue[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : toJsonArray(content);
}
