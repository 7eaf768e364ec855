/**
 * What Anthropic's API refuses since its version 2026-10-21 and took before.
 *
 * https://platform.claude.com/docs/en/api/migration-2026-10-21
 */
import { toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { ProviderError } from "../provider-error.ts";
import { invalid } from "./invalid-request.ts";

/** The first thing that `version`, the value of `anthropic-version`, does not take; null where all is well. */
export function checkVersion(body: JsonObject, version: string): ProviderError | null {
  if (version < "2026-10-21") return null;
  const sampling = ["temperature", "top_p", "top_k"].find((field) => body[field] !== undefined);
  if (sampling !== undefined) return invalid(`${sampling}: Extra inputs are not permitted`);
  const messages = toJsonArray(body["messages"]).map(toJsonObject);
  const blocks = messages.filter(({ role }) => role === "user").flatMap(({ content }) => toJsonArray(content));
  const isCited = blocks.map(toJsonObject).some(({ citations }) => toJsonArray(citations).length > 0);
  return isCited ? invalid("messages: citations are not permitted in user messages") : null;
}
