import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultTraits } from "../target-traits.ts";
import type { TargetTraits } from "../target-traits.ts";
import { fitChatToModel } from "./fit-to-model.ts";

const traits = (changes: Partial<TargetTraits>): TargetTraits => ({
  ...defaultTraits({ provider: "p", model: "m" }),
  ...changes,
});
const effort = (...efforts: string[]) => traits({ reasoningRequest: { kind: "effort", efforts } });

test("the output limit has the target's name, and is not above the model's own", () => {
  const newer = traits({ tokenLimitField: "max_completion_tokens", maxOutputTokens: 100 });
  assert.deepEqual(fitChatToModel({ max_tokens: 50 }, newer), { max_completion_tokens: 50 });
  assert.deepEqual(fitChatToModel({ max_completion_tokens: 500 }, newer), { max_completion_tokens: 100 });
  const both = { max_tokens: 9, max_completion_tokens: 50 };
  assert.deepEqual(fitChatToModel(both, traits({ refusesUnknownFields: true })), { max_tokens: 50 });
  // A server of which nothing is known.
  assert.equal(fitChatToModel(both, traits({})), both);
});

test("an effort becomes the nearest that the model knows", () => {
  assert.deepEqual(fitChatToModel({ reasoning_effort: "xhigh" }, effort("low", "high")), { reasoning_effort: "high" });
  assert.deepEqual(fitChatToModel({ reasoning_effort: "minimal" }, effort("low", "high")), { reasoning_effort: "low" });
  const tools = [{ type: "function" }];
  assert.deepEqual(fitChatToModel({ tools }, effort("none")), { tools, reasoning_effort: "none" });
  assert.deepEqual(fitChatToModel({ reasoning_effort: "low" }, traits({ refusesUnknownFields: true })), {});
});

test("what the model refuses is left out", () => {
  const asked = { temperature: 0.2, top_p: 0.9, stop: ["a"], stream_options: {}, parallel_tool_calls: true };
  const poor = {
    hasSamplingParameters: false,
    hasStopSequences: false,
    hasStreamUsage: false,
    hasParallelToolCalls: false,
  };
  assert.deepEqual(fitChatToModel(asked, traits(poor)), {});
});

test("a choice of tools that the model refuses becomes auto", () => {
  const tools = ["f", "g"].map((name) => ({ type: "function", function: { name } }));
  const forced = { tools, tool_choice: { type: "function", function: { name: "g" } } };
  assert.deepEqual(fitChatToModel(forced, traits({ toolChoices: "unforced" })), {
    tools: [tools[1]],
    tool_choice: "auto",
  });
  const asked = { tools, tool_choice: "required" };
  assert.deepEqual(fitChatToModel(asked, traits({ toolChoices: "auto" })), { tools, tool_choice: "auto" });
  assert.deepEqual(fitChatToModel({ tools, tool_choice: "none" }, traits({ toolChoices: "auto" })), {});
  assert.equal(fitChatToModel(forced, traits({})), forced);
});

test("developers speak as the system where there is no such role", () => {
  const messages = [
    { role: "developer", content: "a" },
    { role: "user", content: "b" },
  ];
  assert.deepEqual(fitChatToModel({ messages }, traits({})), {
    messages: [{ role: "system", content: "a" }, messages[1]],
  });
  const body = { messages };
  assert.equal(fitChatToModel(body, traits({ systemRole: "developer" })), body);
});

test("a text stands where an image was for a model that takes none", () => {
  const text = { type: "text", text: "Look" };
  const messages = [{ role: "user", content: [text, { type: "image_url", image_url: { url: "data:" } }] }];
  const left = { type: "text", text: "[image left out: this model takes no images]" };
  assert.deepEqual(fitChatToModel({ messages }, traits({ hasImages: false })), {
    messages: [{ role: "user", content: [text, left] }],
  });
  const body = { messages };
  assert.equal(fitChatToModel(body, traits({})), body);
});

test("what fits stays the same object", () => {
  const body = { max_tokens: 5, temperature: 1, stop: "a", reasoning_effort: "low", stream_options: {} };
  assert.equal(fitChatToModel(body, traits({})), body);
  assert.equal(fitChatToModel(body, effort("low")), body);
});
