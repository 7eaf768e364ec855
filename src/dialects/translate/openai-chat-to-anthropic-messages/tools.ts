/** Tools and the choice among them. */
import { GatewayError } from "../../../core/errors/errors.ts";
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { ownValue } from "../../../core/json/own-value.ts";
import { toTargetToolName } from "./tool-names.ts";
import type { Turn } from "./turns.ts";

/** `tools` and `tool_choice` of the target's request; nothing where no tool is in play. */
export function toTools(body: JsonObject, turns: readonly Turn[], notes: Set<string>): JsonObject {
  const choice = readChoice(body["tool_choice"]);
  const tools = toJsonArray(body["tools"]).map((tool) => toTool(toJsonObject(tool), notes));
  if (tools.length === 0) {
    if (isForced(choice)) notes.add("`tool_choice` left out: there are no tools");
    return stubTools(turns, notes);
  }
  const offered = choice.names === null ? tools : tools.filter((tool) => choice.names?.has(tool["name"]));
  if (offered.length === 0) return offerNone(tools, choice, notes);
  const isSerial = body["parallel_tool_calls"] === false;
  const toolChoice = withSerial(choice.value, isSerial);
  return { tools: offered, ...(toolChoice !== null && { tool_choice: toolChoice }) };
}

/** Nothing that is offered is allowed: no call may come. The API takes no empty list of tools beside a choice. */
function offerNone(tools: readonly JsonObject[], choice: Choice, notes: Set<string>): JsonObject {
  if (isForced(choice)) throw invalid("`tool_choice` forces a call and allows none of the request's `tools`.");
  notes.add("`tool_choice` allows none of the tools: none may be called");
  return { tools: [...tools], tool_choice: { type: "none" } };
}

function toTool(tool: JsonObject, notes: Set<string>): JsonObject {
  if (tool["type"] !== undefined && tool["type"] !== "function") {
    throw new GatewayError(
      "caller_unsupported_content",
      `A tool of type ${JSON.stringify(tool["type"])} cannot be offered to this target: only functions can.`,
    );
  }
  const described = toJsonObject(tool["function"]);
  const { name, description } = described;
  if (typeof name !== "string" || name === "") throw invalid("A tool has no function name.");
  if (described["strict"] === true) notes.add("`strict` of tools left out: their input is not forced to the schema");
  return {
    name: toTargetToolName(name),
    ...(typeof description === "string" && description !== "" && { description }),
    input_schema: toInputSchema(described["parameters"], notes),
    ...(isJsonObject(tool["cache_control"]) && { cache_control: tool["cache_control"] }),
  };
}

/** The API wants an object at the top, without a choice between schemas. */
function toInputSchema(parameters: JsonValue | undefined, notes: Set<string>): JsonObject {
  const { anyOf, oneOf, allOf, ...schema } = toJsonObject(parameters);
  if ((anyOf ?? oneOf ?? allOf) !== undefined) notes.add("a choice at the top of a tool's schema left out");
  return { ...schema, type: "object", properties: toJsonObject(schema["properties"]) };
}

interface Choice {
  readonly value: JsonObject | null;
  /** Names of the tools that may be offered; null for all. */
  readonly names: ReadonlySet<unknown> | null;
}

function isForced({ value }: Choice): boolean {
  return value?.["type"] === "any" || value?.["type"] === "tool";
}

const simpleChoices: Readonly<Record<string, JsonObject>> = {
  auto: { type: "auto" },
  none: { type: "none" },
  required: { type: "any" },
};

function readChoice(choice: JsonValue | undefined): Choice {
  if (choice === undefined || choice === null) return { value: null, names: null };
  if (typeof choice === "string") return { value: simpleChoice(choice), names: null };
  const fields = toJsonObject(choice);
  const { name } = toJsonObject(fields["function"]);
  if (fields["type"] === "function" && typeof name === "string")
    return { value: { type: "tool", name: toTargetToolName(name) }, names: null };
  if (fields["type"] === "allowed_tools") return readAllowed(toJsonObject(fields["allowed_tools"]));
  throw invalid("`tool_choice` must be auto, none, required, a function or allowed_tools.");
}

function readAllowed(allowed: JsonObject): Choice {
  const names = toJsonArray(allowed["tools"])
    .map((tool) => toJsonObject(toJsonObject(tool)["function"])["name"])
    .map((name) => (typeof name === "string" ? toTargetToolName(name) : name));
  const mode = allowed["mode"];
  return {
    value: simpleChoice(typeof mode === "string" ? mode : "auto"),
    names: new Set(names),
  };
}

function simpleChoice(choice: string): JsonObject {
  const value = ownValue(simpleChoices, choice);
  if (value === undefined)
    throw invalid(`\`tool_choice\` is ${JSON.stringify(choice)}: it must be auto, none or required.`);
  return value;
}

function withSerial(choice: JsonObject | null, isSerial: boolean): JsonObject | null {
  if (!isSerial || choice?.["type"] === "none") return choice;
  return { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: true };
}

/** A conversation with tool calls in it needs their tools named, even where none may be called any more. */
function stubTools(turns: readonly Turn[], notes: Set<string>): JsonObject {
  const uses = turns.flatMap((turn) => turn.content).filter((block) => block["type"] === "tool_use");
  const names = [...new Set(uses.map((block) => block["name"]).filter((name) => typeof name === "string"))];
  if (names.length === 0) return {};
  notes.add("tools of earlier calls were named again, not to be called");
  return {
    tools: names.map((name) => ({ name, input_schema: { type: "object", properties: {} } })),
    tool_choice: { type: "none" },
  };
}

function invalid(message: string): GatewayError {
  return new GatewayError("caller_invalid_request", message);
}
