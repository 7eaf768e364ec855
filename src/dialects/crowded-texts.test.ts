import assert from "node:assert/strict";
import { test } from "node:test";
import { valuesLimit } from "../core/json/json-nesting.ts";
import { refuseCrowdedTexts } from "./crowded-texts.ts";
import { defaultTraits } from "./target-traits.ts";
import { formatThinkingEnvelope } from "./thinking-envelope.ts";
import { pairFor } from "./translate/pairs.ts";

const traits = defaultTraits({ provider: "acme", model: "m" });
const user = { role: "user", content: "Hi" };
const many = Array.from({ length: valuesLimit / 2 - 10 }, () => 0);

test("texts of JSON hold as many values together as a request may, and any number of words", () => {
  const half = JSON.stringify(many);
  const words = JSON.stringify({ words: half.repeat(9) });
  refuseCrowdedTexts([half, words, half], "utf8", "they");
  assert.throws(() => refuseCrowdedTexts([half, half, half], "utf8", "they"), {
    code: "caller_invalid_request",
    message: `they hold more than ${valuesLimit} values`,
  });
});

test("tool arguments of more values than a request may hold are not translated", () => {
  const pair = pairFor("openai-chat", "anthropic-messages")!;
  const ask = (calls: number): unknown => {
    const call = { type: "function", function: { name: "f", arguments: JSON.stringify({ many }) } };
    const tool_calls = Array.from({ length: calls }, (_, index) => ({ ...call, id: `call_${index}` }));
    return pair.request({ model: "m", messages: [user, { role: "assistant", tool_calls }] }, traits);
  };
  ask(1);
  assert.throws(() => ask(3), { code: "caller_invalid_request", message: /^the arguments of tool calls hold more/ });
});

test("envelopes of reasoning of more values than a request may hold are not translated", () => {
  const pair = pairFor("anthropic-messages", "openai-chat")!;
  const signature = formatThinkingEnvelope({ provider: "acme", details: many });
  const ask = (blocks: number): unknown => {
    const content = Array.from({ length: blocks }, () => ({ type: "thinking", thinking: "t", signature }));
    return pair.request({ model: "m", max_tokens: 9, messages: [user, { role: "assistant", content }, user] }, traits);
  };
  ask(1);
  assert.throws(() => ask(3), { code: "caller_invalid_request", message: /^the signatures of thinking hold more/ });
});
