import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../core/json/json.ts";
import { holdsSignature, leaveOutThinking, stopThinkingInLoop } from "./leave-out-thinking.ts";

const isForeign = (signature: string): boolean => signature.startsWith("foreign");
const user = { role: "user", content: "Hi" };
const result = { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "ok" }] };
const call = { type: "tool_use", id: "t", name: "Bash", input: {} };
const own = { type: "thinking", thinking: "Mine", signature: "own" };
const foreign = { type: "thinking", thinking: "Theirs", signature: "foreign/1" };
const redacted = { type: "redacted_thinking", data: "foreign2" };

const assistant = (...content: JsonObject[]): JsonObject => ({ role: "assistant", content });
const plain = { wantsThinkingWithTools: false };
const wanting = { wantsThinkingWithTools: true };

test("foreign thinking is left out, redacted or not; own and unknown thinking stays", () => {
  const body = { messages: [user, assistant(own, foreign, redacted, call), result] };
  assert.deepEqual(leaveOutThinking(body, isForeign, plain), { messages: [user, assistant(own, call), result] });
});

test("a message that was nothing else goes with it", () => {
  const body = { messages: [user, assistant(foreign), user] };
  assert.deepEqual(leaveOutThinking(body, isForeign, plain), { messages: [user, user] });
});

test("a request without foreign thinking is the same object", () => {
  const body = { messages: [user, assistant(own, call), result] };
  assert.equal(leaveOutThinking(body, isForeign, plain), body);
  assert.equal(leaveOutThinking(body, isForeign, wanting), body);
});

test("a target that wants thinking beside its calls gets the thought unsigned there, and none elsewhere", () => {
  const body = {
    messages: [user, assistant(foreign, call), result, assistant(redacted, call), result, assistant(foreign)],
  };
  const unsigned = (thinking: string): JsonObject => ({ type: "thinking", thinking, signature: "" });
  assert.deepEqual(leaveOutThinking(body, isForeign, wanting), {
    messages: [user, assistant(unsigned("Theirs"), call), result, assistant(unsigned(""), call), result],
  });
});

test("a search of the bytes finds a foreign signature however it is spelled, and takes no other", () => {
  const holds = (text: string): boolean => holdsSignature(Buffer.from(text), isForeign);
  assert.equal(holds(JSON.stringify([assistant(own), assistant(foreign)])), true);
  assert.equal(holds('[{"signature" :\n "foreign\\/1"}]'), true);
  assert.equal(holds('[{"signature":"\\u0066oreign"}]'), true);
  assert.equal(holds(JSON.stringify([assistant(own)])), false);
  assert.equal(holds(JSON.stringify([{ role: "user", content: JSON.stringify(foreign) }])), false);
  assert.equal(holds('[{"signature":1},{"signature":"cut'), false);
});

test("a budget is not asked for in a tool loop that begins without thinking, nor an edit of thinking", () => {
  const thinking = { type: "enabled", budget_tokens: 1024 };
  const context_management = { edits: [{ type: "clear_thinking_20251015" }] };
  const loop = { thinking, context_management, messages: [user, assistant(call), result] };
  assert.deepEqual(stopThinkingInLoop(loop), { messages: loop.messages });
  for (const messages of [
    [user, assistant(own, call), result],
    [user, assistant(call), result, assistant(foreign), user],
  ]) {
    const body = { thinking, messages };
    assert.equal(stopThinkingInLoop(body), body);
  }
  const adaptive = { ...loop, thinking: { type: "adaptive" } };
  assert.equal(stopThinkingInLoop(adaptive), adaptive);
});
