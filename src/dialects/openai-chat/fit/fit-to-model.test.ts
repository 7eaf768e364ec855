import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultTraits } from "../../target-traits.ts";
import type { TargetTraits } from "../../target-traits.ts";
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

test("an effort of none switches thinking off where it is switched", () => {
  const none = { reasoning_effort: "none" };
  const off = { thinking: { type: "disabled" } };
  assert.deepEqual(fitChatToModel(none, traits({ reasoningRequest: { kind: "thinking-switch" } })), off);
  assert.deepEqual(fitChatToModel(none, traits({ reasoningRequest: { kind: "enable-thinking" } })), {
    enable_thinking: false,
  });
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

test("of tools that are allowed alone only those are offered where the choice becomes auto", () => {
  const tools = ["f", "g", "h"].map((name) => ({ type: "function", function: { name } }));
  const allowed = { mode: "auto", tools: [tools[0]!, tools[2]!] };
  const asked = { tools, tool_choice: { type: "allowed_tools", allowed_tools: allowed } };
  assert.deepEqual(fitChatToModel(asked, traits({ toolChoices: "auto" })), {
    tools: [tools[0], tools[2]],
    tool_choice: "auto",
  });
});

test("nothing about calls is said where the tools are left out, or where nothing was chosen", () => {
  const tools = [{ type: "function", function: { name: "f" } }];
  const none = { tools, tool_choice: "none", parallel_tool_calls: false };
  assert.deepEqual(fitChatToModel(none, traits({ toolChoices: "auto" })), {});
  const unsaid = { tool_choice: null };
  assert.equal(fitChatToModel(unsaid, traits({ toolChoices: "auto" })), unsaid);
});

test("thinking is off beside a forced call for a model that refuses the two together", () => {
  const tools = [{ type: "function", function: { name: "f" } }];
  const unthinking = (reasoningRequest: TargetTraits["reasoningRequest"]): TargetTraits =>
    traits({ toolChoices: "forced-unthinking", reasoningRequest });
  const forced = { tools, tool_choice: "required" };
  const asked = { ...forced, reasoning_effort: "high" };
  const off = { thinking: { type: "disabled" } };
  assert.deepEqual(fitChatToModel(asked, unthinking({ kind: "thinking-switch" })), { ...forced, ...off });
  assert.deepEqual(fitChatToModel(asked, unthinking({ kind: "enable-thinking" })), {
    ...forced,
    enable_thinking: false,
  });
  assert.deepEqual(fitChatToModel(asked, unthinking({ kind: "effort", efforts: ["none", "high"] })), {
    ...forced,
    reasoning_effort: "none",
  });
  const told = { ...forced, ...off };
  assert.equal(fitChatToModel(told, unthinking({ kind: "thinking-switch" })), told);
  const free = { tools, tool_choice: "auto", reasoning_effort: "high" };
  assert.equal(fitChatToModel(free, unthinking({ kind: "thinking-switch" })), free);
});

test("a schema is asked for in words where the model takes none, and for JSON as such where it can be", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const response_format = { type: "json_schema", json_schema: { name: "x", schema } };
  const user = { role: "user", content: "q" };
  const plain = traits({ hasStructuredOutput: false });
  const fitted = fitChatToModel({ messages: [user], response_format }, plain);
  assert.equal(fitted["response_format"], undefined);
  const [first, ...rest] = fitted["messages"] as { role: string; content: string }[];
  assert.equal(first!.role, "system");
  assert.match(first!.content, /JSON Schema:\n\{"type":"object"/);
  assert.deepEqual(rest, [user]);
  const system = { role: "system", content: "Be brief." };
  const json = fitChatToModel({ messages: [system, user], response_format }, { ...plain, hasJsonMode: true });
  assert.deepEqual(json["response_format"], { type: "json_object" });
  const messages = json["messages"] as { content: string }[];
  assert.equal(messages.length, 2);
  assert.match(messages[0]!.content, /^Be brief\.\n\nAnswer with one JSON/);
  const known = { messages: [user], response_format };
  assert.equal(fitChatToModel(known, traits({})), known);
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

test("the assistant speaks between results of tools and the user where the model wants it to", () => {
  const [call, result, user] = ["assistant", "tool", "user"].map((role) => ({ role, content: "a" }));
  const body = { messages: [user!, call!, result!, result!, user!, user!] };
  assert.deepEqual(fitChatToModel(body, traits({ hasUserAfterTool: false }))["messages"], [
    ...body.messages.slice(0, 4),
    { role: "assistant", content: "Understood." },
    ...body.messages.slice(4),
  ]);
  assert.equal(fitChatToModel(body, traits({})), body);
  const plain = { messages: [user!, call!, result!] };
  assert.equal(fitChatToModel(plain, traits({ hasUserAfterTool: false })), plain);
});

test("the user asks to continue behind an answer that the model does not take up", () => {
  const messages = ["user", "assistant"].map((role) => ({ role, content: "a" }));
  const refusing = traits({ hasPrefill: false });
  assert.deepEqual(fitChatToModel({ messages }, refusing)["messages"], [
    ...messages,
    { role: "user", content: "Continue." },
  ]);
  for (const last of [{ prefix: true }, { tool_calls: [{ id: "a" }] }]) {
    const body = { messages: [messages[0]!, { ...messages[1]!, ...last }] };
    assert.equal(fitChatToModel(body, refusing), body);
  }
  const body = { messages };
  assert.equal(fitChatToModel(body, traits({})), body);
});

test("what fits stays the same object", () => {
  const body = { max_tokens: 5, temperature: 1, stop: "a", reasoning_effort: "low", stream_options: {} };
  assert.equal(fitChatToModel(body, traits({})), body);
  assert.equal(fitChatToModel(body, effort("low")), body);
});
