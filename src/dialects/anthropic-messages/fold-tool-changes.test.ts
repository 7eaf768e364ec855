import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { foldToolChanges } from "./fold-tool-changes.ts";

const user = { role: "user", content: "Hi" };
const tool = (name: string, more: JsonObject = {}): JsonObject => ({ name, input_schema: { type: "object" }, ...more });
const change = (type: string, to: JsonObject): JsonObject => ({ type, tool: to });
const reference = (name: string): JsonObject => ({ type: "tool_reference", name });
const definition = (definition: JsonObject): JsonObject => ({ type: "tool_definition", definition });
const system = (...content: JsonObject[]): JsonObject => ({ role: "system", content });

function namesAfter(tools: JsonObject[], ...messages: JsonObject[]): unknown[] {
  return toJsonArray(foldToolChanges({ tools, messages })["tools"]).map((one) => toJsonObject(one)["name"]);
}

test("what is added is offered, by reference and by definition; what is removed is not; the last word counts", () => {
  const tools = [tool("a"), tool("b"), tool("late", { defer_loading: true })];
  const first = system(
    change("tool_removal", reference("a")),
    change("tool_addition", reference("late")),
    change("tool_addition", definition(tool("inline"))),
  );
  assert.deepEqual(namesAfter(tools, user, first), ["b", "late", "inline"]);
  const second = system(change("tool_addition", reference("a")), change("tool_removal", reference("inline")));
  assert.deepEqual(namesAfter(tools, user, first, second), ["a", "b", "late"]);
  const again = system(change("tool_addition", reference("inline")));
  assert.deepEqual(namesAfter(tools, user, first, second, again), ["a", "b", "late", "inline"]);
});

test("an added tool is loaded", () => {
  const body = foldToolChanges({
    tools: [tool("late", { defer_loading: true })],
    messages: [user, system(change("tool_addition", reference("late")))],
  });
  assert.deepEqual(body, { tools: [tool("late")], messages: [user] });
});

test("text beside the changes stays in its place", () => {
  const text = { type: "text", text: "The server is connected." };
  const body = foldToolChanges({ messages: [user, system(text, change("tool_addition", definition(tool("x"))))] });
  assert.deepEqual(body["messages"], [user, system(text)]);
});

test("a compaction tells of the changes that it took in", () => {
  const compaction = { type: "compaction", content: "So far", tool_changes: [change("tool_removal", reference("a"))] };
  assert.deepEqual(namesAfter([tool("a"), tool("b")], { role: "assistant", content: [compaction] }, user), ["b"]);
});

test("a request without changes is the same object", () => {
  const body = { tools: [tool("a")], messages: [user, system({ type: "text", text: "x" })] };
  assert.equal(foldToolChanges(body), body);
});

test("references to tools of MCP servers, and whatever else is no tool, change nothing", () => {
  const strange = system(
    change("tool_addition", { type: "mcp_toolset_reference", server_name: "s" }),
    change("tool_addition", reference("unknown")),
    change("tool_removal", {}),
  );
  const toolset = { type: "mcp_toolset", mcp_server_name: "s" };
  assert.deepEqual(namesAfter([tool("a"), toolset, { ...toolset }], user, strange), ["a", undefined, undefined]);
});
