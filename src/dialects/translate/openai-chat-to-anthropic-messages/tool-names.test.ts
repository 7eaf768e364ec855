import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { formatSseEvent } from "../../sse.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { AnswerContext } from "../../translation.ts";
import { openaiChatToAnthropicMessages as pair } from "./pair.ts";
import { toTargetToolName } from "./tool-names.ts";

const traits = defaultTraits({ provider: "target", model: "target-model" });
const tools = ["files.read", "files_read"].map((name) => ({ type: "function", function: { name } }));
const call = { id: "a", type: "function", function: { name: "files.read", arguments: "{}" } };
const request = {
  tools,
  tool_choice: { type: "function", function: { name: "files.read" } },
  messages: [
    { role: "user", content: "Hi" },
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "a", content: "ok" },
  ],
};
const context: AnswerContext = {
  askedModel: "asked",
  traits,
  request,
  createdAtSeconds: 1_700_000_000,
  callId: "req_1",
  estimatedInputTokens: 9,
  keyHolder: null,
};
const fitted = toTargetToolName("files.read");
const use: JsonObject = { type: "tool_use", id: "b", name: fitted, input: {} };

test("a name that the API refuses is made to fit, and names that differ stay apart", () => {
  assert.equal(toTargetToolName("files_read"), "files_read");
  for (const name of ["files.read", "files/read", "x".repeat(200)]) {
    assert.match(toTargetToolName(name), /^[a-zA-Z0-9_-]{1,128}$/);
  }
  assert.notEqual(toTargetToolName("files.read"), toTargetToolName("files/read"));
});

test("tools, their choice and earlier calls have the same name at the target", () => {
  const { body } = pair.request(request, traits);
  assert.deepEqual(
    toJsonArray(body["tools"]).map((tool) => toJsonObject(tool)["name"]),
    [fitted, "files_read"],
  );
  assert.deepEqual(body["tool_choice"], { type: "tool", name: fitted });
  const answer = toJsonObject(toJsonArray(body["messages"])[1]);
  assert.equal(toJsonObject(toJsonArray(answer["content"])[0])["name"], fitted);
  const allowed = { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [tools[0]!] } };
  assert.equal(toJsonArray(pair.request({ ...request, tool_choice: allowed }, traits).body["tools"]).length, 1);
});

test("the client gets its own name back, whole and streamed", () => {
  const message = { type: "message", content: [use], stop_reason: "tool_use", usage: {} };
  assert.ok(JSON.stringify(pair.answer(message, context).body).includes('"name":"files.read"'));
  const event = { type: "content_block_start", index: 0, content_block: use };
  const stream = pair.stream(context).push(Buffer.from(formatSseEvent(event.type, JSON.stringify(event))));
  assert.ok(stream.includes('"name":"files.read"'), stream);
});
