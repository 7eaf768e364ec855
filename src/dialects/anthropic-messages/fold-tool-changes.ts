/**
 * Changes of the tools in mid-conversation, for targets that know none: `tool_addition` and `tool_removal` blocks become the
 * list of tools that they lead to. Claude Code and Anthropic's tool runner send them in system messages (betas
 * `mid-conversation-tool-changes-2026-07-01` and `inline-tools-2026-09-15`), and in the `tool_changes` of a compaction.
 *
 * Source: the types of @anthropic-ai/sdk 1.12 (`BetaRequestToolAdditionBlock`).
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

/** The request with the tools that are offered at its end, and without the changes; the same object where it holds none. */
export function foldToolChanges(body: JsonObject): JsonObject {
  const messages = toJsonArray(body["messages"]);
  const changes = messages.flatMap((message) => changesIn(toJsonObject(message)["content"]));
  if (changes.length === 0) return body;
  return {
    ...body,
    tools: toolsAfter(toJsonArray(body["tools"]).filter(isJsonObject), changes),
    messages: messages.map(withoutChanges).filter((message) => message !== null),
  };
}

function changesIn(content: JsonValue | undefined): JsonObject[] {
  return toJsonArray(content)
    .filter(isJsonObject)
    .flatMap((block) => (isChange(block) ? [block] : changesIn(block["tool_changes"])));
}

function isChange(block: JsonValue): block is JsonObject {
  return isJsonObject(block) && (block["type"] === "tool_addition" || block["type"] === "tool_removal");
}

/** Tools keep the place at which they were first told of. What is added is loaded, too. Toolsets have no name. */
function toolsAfter(declared: readonly JsonObject[], changes: readonly JsonObject[]): JsonObject[] {
  const known = new Map<JsonValue | undefined, JsonObject>(declared.map((tool) => [tool["name"] ?? tool, tool]));
  const removed = new Set<JsonValue | undefined>();
  for (const { type, tool } of changes) {
    const { definition, name: reference } = toJsonObject(tool);
    const name = isJsonObject(definition) ? definition["name"] : reference;
    if (type === "tool_removal") removed.add(name);
    else removed.delete(name);
    const added = isJsonObject(definition) ? definition : known.get(name);
    if (type === "tool_removal" || added === undefined) continue;
    const { defer_loading: _, ...loaded } = added;
    known.set(name, loaded);
  }
  return [...known].flatMap(([name, tool]) => (removed.has(name) ? [] : [tool]));
}

/** null for a message that held nothing else. */
function withoutChanges(message: JsonValue): JsonValue | null {
  const content = isJsonObject(message) ? message["content"] : undefined;
  if (!isJsonObject(message) || !Array.isArray(content) || !content.some(isChange)) return message;
  const kept = content.filter((block) => !isChange(block));
  return kept.length === 0 ? null : { ...message, content: kept };
}
