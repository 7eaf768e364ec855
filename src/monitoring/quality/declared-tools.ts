/** The tools that a request declares, in either dialect, with the schema of their input. Pure. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

/** Claude Code's stand-in for tools that it declares later: what may be called is not known then. */
const placeholder = "DeferredToolPlaceholder";

/** Name to the schema of its input (null: declared without one). */
export type DeclaredTools = ReadonlyMap<string, JsonValue | null>;

/** The tools of `request`; null where it does not tell all that may be called. */
export function declaredTools(request: JsonObject): DeclaredTools | null {
  const tools = new Map<string, JsonValue | null>();
  for (const tool of toJsonArray(request["tools"]).map(toJsonObject)) {
    // openai-chat wraps a tool in `function`, anthropic-messages does not.
    const { name, parameters, input_schema: inputSchema } = isJsonObject(tool["function"]) ? tool["function"] : tool;
    if (name === placeholder) return null;
    if (typeof name === "string") tools.set(name, inputSchema ?? parameters ?? null);
  }
  return tools;
}
