/**
 * A choice of tools made to fit a target that refuses to be forced to a call, or any choice but `auto`.
 *
 * It is asked with `auto` then, and of a named tool with that tool alone: what it calls is what was asked for, but it may
 * answer in words.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { TargetTraits } from "../target-traits.ts";

/** `body`, or what of its tools and their choice the target takes; the same object where all fits. */
export function fitToolChoice(body: JsonObject, { toolChoices }: TargetTraits): JsonObject {
  const choice = body["tool_choice"];
  if (choice === undefined || choice === "auto") return body;
  if (toolChoices !== "auto" && toolChoices !== "unforced") return body;
  if (choice === "none") return toolChoices === "auto" ? withoutTools(body) : body;
  const name = isJsonObject(choice) ? toJsonObject(choice["function"])["name"] : undefined;
  const named = toJsonArray(body["tools"]).filter((tool) => nameOf(tool) === name);
  return { ...body, tool_choice: "auto", ...(name !== undefined && named.length > 0 && { tools: named }) };
}

function withoutTools({ tools: _tools, tool_choice: _choice, ...body }: JsonObject): JsonObject {
  return body;
}

function nameOf(tool: JsonValue): JsonValue | undefined {
  return toJsonObject(toJsonObject(tool)["function"])["name"];
}
