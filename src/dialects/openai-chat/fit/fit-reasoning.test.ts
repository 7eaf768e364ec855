import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../../core/json/json.ts";
import { fitReasoning } from "./fit-reasoning.ts";

const user = { role: "user", content: "Hi" };
const call = { id: "a", type: "function", function: { name: "Bash", arguments: "{}" } };
const answer = (fields: JsonObject): JsonObject => ({ role: "assistant", content: "Hm", ...fields });
const all = { reasoning_content: "a", reasoning: "b", reasoning_details: [{ type: "reasoning.text", text: "c" }] };
const target = { provider: "own", model: "m" };
const strict = { target, refusesUnknownFields: true, wantsReasoningAlways: false, hasThinkingParts: false };
const wanting = {
  target,
  reasoningReturn: "reasoning_content",
  refusesUnknownFields: true,
  wantsReasoningAlways: true,
  hasThinkingParts: false,
} as const;
const lenient = { ...strict, reasoningReturn: "never", refusesUnknownFields: false } as const;

const fitted = (messages: JsonObject[], traits: Parameters<typeof fitReasoning>[1]): unknown =>
  fitReasoning({ messages }, traits)["messages"];

test("a target keeps its own field of reasoning and gets no other", () => {
  assert.deepEqual(fitted([user, answer(all)], { ...strict, reasoningReturn: "reasoning" }), [
    user,
    answer({ reasoning: "b" }),
  ]);
  assert.deepEqual(fitted([user, answer(all)], { ...strict, reasoningReturn: "never" }), [user, answer({})]);
});

test("a target that wants reasoning gets its own, or a blank, in a conversation with calls", () => {
  const messages = [
    user,
    answer({ reasoning: "b", tool_calls: [call] }),
    answer({ reasoning_content: "own" }),
    answer({}),
  ];
  assert.deepEqual(fitted(messages, wanting), [
    user,
    answer({ tool_calls: [call], reasoning_content: " " }),
    answer({ reasoning_content: "own" }),
    answer({ reasoning_content: " " }),
  ]);
});

test("what a target takes stays the same object", () => {
  const withOwn = { messages: [user, answer({ reasoning_content: "own", tool_calls: [call] })] };
  assert.equal(fitReasoning(withOwn, wanting), withOwn);
  const withoutCalls = { messages: [user, answer({})] };
  assert.equal(fitReasoning(withoutCalls, wanting), withoutCalls);
  const withAll = { messages: [user, answer(all)] };
  assert.equal(fitReasoning(withAll, lenient), withAll);
  // A field of a user's message is nobody's reasoning.
  const odd = { messages: [{ ...user, ...all }] };
  assert.equal(fitReasoning(odd, { ...strict, reasoningReturn: "never" }), odd);
});

test("details that name another provider go to nobody else, strict or not", () => {
  const own = { type: "reasoning.encrypted", data: "a", provider: "own" };
  const foreign = { ...own, provider: "another" };
  const unnamed = { type: "reasoning.text", text: "c" };
  for (const traits of [{ ...lenient, reasoningReturn: "reasoning_details" } as const, lenient]) {
    const messages = [answer({ reasoning_details: [own, foreign, unnamed] }), answer({ reasoning_details: [foreign] })];
    assert.deepEqual(fitted(messages, traits), [answer({ reasoning_details: [own, unnamed] }), answer({})]);
  }
});

test("parts of thinking go to targets that send such, and to no other that is strict", () => {
  const thought = { type: "thinking", thinking: [{ type: "text", text: "Hm" }] };
  const text = { type: "text", text: "Hi" };
  const messages = [user, answer({ content: [thought, text] }), answer({ content: [thought], tool_calls: [call] })];
  assert.deepEqual(fitted(messages, { ...strict, reasoningReturn: "never" }), [
    user,
    answer({ content: [text] }),
    answer({ content: "", tool_calls: [call] }),
  ]);
  const own = { ...strict, reasoningReturn: "never", hasThinkingParts: true } as const;
  for (const traits of [lenient, own]) assert.deepEqual(fitted(messages, traits), messages);
});
