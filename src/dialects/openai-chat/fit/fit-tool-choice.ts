/**
 * A choice of tools made to fit a target that refuses to be forced to a call, or any choice but `auto`.
 *
 * It is asked with `auto` then, and of named tools with those alone: what it calls is what was asked for, but it may
 * answer in words. A target that is forced only while it does not think is told not to.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { ReasoningRequest, TargetTraits } from "../../target-traits.ts";

/** `body`, or what of its tools and their choice the target takes; the same object where all fits. */
export function fitToolChoice(body: JsonObject, { toolChoices }: TargetTraits): JsonObject {
  const choice = body["tool_choice"] ?? "auto";
  if (choice === "auto") return body;
  if (toolChoices !== "auto" && toolChoices !== "unforced") return body;
  if (choice === "none") return toolChoices === "auto" ? withoutTools(body) : body;
  const names = namesIn(choice);
  const named = toJsonArray(body["tools"]).filter((tool) => names.includes(nameOf(tool)));
  return { ...body, tool_choice: "auto", ...(named.length > 0 && { tools: named }) };
}

/** `body` with thinking off beside a forced call, where the target refuses the two together; the same object elsewhere. */
export function stopThinkingForTool(body: JsonObject, { toolChoices, reasoningRequest }: TargetTraits): JsonObject {
  const { kind } = reasoningRequest;
  if (toolChoices !== "forced-unthinking" || !isForced(body) || isThinkingOff(body, kind)) return body;
  const { reasoning_effort: _effort, ...rest } = body;
  return { ...rest, ...noThinking(kind) };
}

function isForced({ tool_choice: choice, tools }: JsonObject): boolean {
  if ((choice ?? "auto") === "auto" || choice === "none" || toJsonArray(tools).length === 0) return false;
  const { mode } = toJsonObject(toJsonObject(choice)["allowed_tools"]);
  return mode !== "auto";
}

function isThinkingOff(
  { thinking, enable_thinking, reasoning_effort }: JsonObject,
  kind: ReasoningRequest["kind"],
): boolean {
  if (kind === "thinking-switch") return toJsonObject(thinking)["type"] === "disabled";
  return kind === "enable-thinking" ? enable_thinking === false : reasoning_effort === "none";
}

/** The words by which a target of this kind is told not to think. */
export function noThinking(kind: ReasoningRequest["kind"]): JsonObject {
  if (kind === "thinking-switch") return { thinking: { type: "disabled" } };
  return kind === "enable-thinking" ? { enable_thinking: false } : { reasoning_effort: "none" };
}

function withoutTools({
  tools: _tools,
  tool_choice: _choice,
  parallel_tool_calls: _calls,
  ...body
}: JsonObject): JsonObject {
  return body;
}

/** The names of the tools that may be called; none where all may. */
function namesIn(choice: JsonValue): (JsonValue | undefined)[] {
  const { allowed_tools: allowed } = toJsonObject(choice);
  const named = isJsonObject(allowed) ? toJsonArray(allowed["tools"]) : [choice];
  return named.map(nameOf).filter((name) => name !== undefined);
}

function nameOf(tool: JsonValue): JsonValue | undefined {
  return toJsonObject(toJsonObject(tool)["function"])["name"];
}
