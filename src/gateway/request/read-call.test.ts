import assert from "node:assert/strict";
import { test } from "node:test";
import { valuesLimit } from "../../core/json/json-nesting.ts";
import { readCall } from "./read-call.ts";

/** A turn of a coding client with one call of a tool and its result. */
function turn(index: number, text: string): readonly object[] {
  const id = `toolu_${index}`;
  const input = { file_path: `/src/${index}.ts`, old_string: "a", new_string: "b", replace_all: false };
  return [
    {
      role: "assistant",
      content: [
        { type: "text", text: "So be it." },
        { type: "tool_use", id, name: "Edit", input },
      ],
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: [{ type: "text", text }] }] },
  ];
}

/** The schema of a tool with ten parameters. */
function tool(index: number): object {
  const names = Array.from({ length: 10 }, (_, parameter) => `parameter_${parameter}`);
  const properties = Object.fromEntries(names.map((name) => [name, { type: "string", description: "What it is." }]));
  return { name: `tool_${index}`, input_schema: { type: "object", properties, required: names } };
}

test("a conversation of ten thousand messages, 30 MB and 200 tools is read", () => {
  const messages = Array.from({ length: 5_000 }, (_, index) => turn(index, `"${index}", [`.repeat(600))).flat();
  const tools = Array.from({ length: 200 }, (_, index) => tool(index));
  const bytes = Buffer.from(JSON.stringify({ model: "m", tools, messages }));
  assert.ok(bytes.length > 30_000_000, String(bytes.length));
  assert.equal((readCall(bytes).outline().body["messages"] as unknown[]).length, 10_000);
});

test("a body of more values than any conversation has is refused in words", () => {
  for (const value of ["{}", "[]", "0", '""', "null"]) {
    const messages = Array.from({ length: valuesLimit }, () => value).join(", ");
    const bytes = Buffer.from(`{"model":"m","messages":[${messages},0]}`);
    assert.throws(() => readCall(bytes), {
      code: "caller_invalid_request",
      message: "the body holds more than 200000 JSON values: shorten the conversation, or leave out tools",
    });
  }
});
