/**
 * Names of tools: Anthropic takes 128 letters, digits, `_` and `-` (https://docs.anthropic.com/en/api/messages), while Gemini and
 * local servers of the OpenAI dialect take dots, slashes and more. Another name is made to fit and ends in a hash of the whole:
 * it is the same in each turn, and the client gets its own name back.
 */
import { hash } from "node:crypto";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";

const maxNameLength = 128;
const taken = /^[a-zA-Z0-9_-]+$/;

/** A tool's name as the target gets it. */
export function toTargetToolName(name: string): string {
  if (name.length <= maxNameLength && taken.test(name)) return name;
  const words = name.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
  return `${words.slice(0, maxNameLength - 9)}_${hash("sha256", name).slice(0, 8)}`;
}

/** Reads the names in a target's calls back: the client's own where its request holds a tool that was sent under it. */
export function createToolNameReader(request: JsonObject): (name: JsonValue | undefined) => JsonValue | undefined {
  let ownNames: ReadonlyMap<JsonValue | undefined, string> | null = null;
  return (name) => {
    ownNames ??= readOwnNames(request);
    return ownNames.get(name) ?? name;
  };
}

function readOwnNames(request: JsonObject): ReadonlyMap<JsonValue | undefined, string> {
  const names = toJsonArray(request["tools"])
    .map((tool) => toJsonObject(toJsonObject(tool)["function"])["name"])
    .filter((name) => typeof name === "string");
  return new Map(names.map((name) => [toTargetToolName(name), name]));
}
