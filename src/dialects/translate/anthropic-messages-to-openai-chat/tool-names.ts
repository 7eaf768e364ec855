/**
 * Names of tools: Anthropic takes 128 characters, OpenAI 64 (MCP tools pass that easily). A longer name is cut and
 * ends in a hash of the whole, so that it is the same in each turn and the client gets its own name back.
 */
import { createHash } from "node:crypto";
import { isJsonObject, toJsonArray } from "../../../core/json.ts";
import type { JsonObject } from "../../../core/json.ts";

const maxNameLength = 64;

/** A tool's name as the provider gets it. */
export function toProviderToolName(name: string): string {
  if (name.length <= maxNameLength) return name;
  return `${name.slice(0, maxNameLength - 9)}_${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

/** Reads a provider's tool name back: the client's own where the request holds a tool that was cut to it. */
export function createToolNameReader(request: JsonObject): (name: string) => string {
  const fullNames = new Map<string, string>();
  for (const tool of toJsonArray(request["tools"])) {
    const name = isJsonObject(tool) ? tool["name"] : undefined;
    if (typeof name === "string" && name.length > maxNameLength) fullNames.set(toProviderToolName(name), name);
  }
  return (name) => fullNames.get(name) ?? name;
}
