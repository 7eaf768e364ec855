/**
 * Names of tools: Anthropic takes 128 characters, OpenAI 64 (MCP tools pass that easily), of letters, digits, `_` and `-`
 * alone; Gemini's begin with a letter or `_` (https://github.com/kaitranntt/ccs/issues/25). Another name is made to fit and
 * ends in a hash of the whole, so that it is the same in each turn and the client gets its own name back.
 *
 * Servers leave marks of their models' formats on names: white space, `functions.` before them (Kimi, gpt-oss), a token
 * or `json` behind them (gpt-oss, https://github.com/ggml-org/llama.cpp/pull/15158). A client knows no such tool, so they
 * are taken off where that makes a name of the request's.
 */
import { createHash } from "node:crypto";
import { isJsonObject, toJsonArray } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";

const maxNameLength = 64;
const takenEverywhere = /^[a-zA-Z_][a-zA-Z0-9_-]*$/;

/** A tool's name as the provider gets it. */
export function toProviderToolName(name: string): string {
  if (name.length <= maxNameLength && takenEverywhere.test(name)) return name;
  const words = name.replaceAll(/[^a-zA-Z0-9_-]/g, "_").replace(/^(?=[^a-zA-Z_])/, "_");
  return `${words.slice(0, maxNameLength - 9)}_${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

/** Reads a provider's tool name back: the client's own where the request holds a tool that was sent under it. */
export function createToolNameReader(request: JsonObject): (name: string) => string {
  let ownNames: ReadonlyMap<string, string> | null = null;
  return (name) => {
    ownNames ??= readOwnNames(request);
    const own = ownNames.get(name);
    if (own !== undefined) return own;
    const bare = withoutMarks(name);
    return ownNames.get(bare) ?? ownNames.get(bare.replace(/json$/, "")) ?? name;
  };
}

/** The tools' names as the provider knows them, with the client's. */
function readOwnNames(request: JsonObject): ReadonlyMap<string, string> {
  const names = toJsonArray(request["tools"])
    .map((tool) => (isJsonObject(tool) ? tool["name"] : undefined))
    .filter((name) => typeof name === "string");
  return new Map(names.map((name) => [toProviderToolName(name), name]));
}

function withoutMarks(name: string): string {
  const [bare = ""] = name.split("<|", 1);
  return bare.trim().replace(/^functions\./, "");
}
