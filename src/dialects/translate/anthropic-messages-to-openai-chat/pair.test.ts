/** Round trips: what a provider sends must come back to it, and to no other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../core/errors/errors.ts";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { TargetTraits } from "../../target-traits.ts";
import type { AnswerContext } from "../../translation.ts";
import { anthropicMessagesToOpenaiChat as pair } from "./pair.ts";

function traitsOf(provider: string, traits: Partial<TargetTraits> = {}): TargetTraits {
  return { ...defaultTraits({ provider, model: "m" }), ...traits };
}

function contextOf(traits: TargetTraits, request: JsonObject = {}): AnswerContext {
  return {
    askedModel: "claude",
    traits,
    request,
    createdAtSeconds: 0,
    callId: "req_00ff",
    estimatedInputTokens: 5,
    keyHolder: null,
  };
}

function answer(message: JsonObject, traits: TargetTraits, request?: JsonObject): JsonObject[] {
  const finish_reason = message["tool_calls"] === undefined ? "stop" : "tool_calls";
  const { body } = pair.answer({ id: "c", choices: [{ message, finish_reason }] }, contextOf(traits, request));
  return toJsonArray(body["content"]).map(toJsonObject);
}

/** The assistant's message and those after it, as the provider gets them in the next turn. */
function nextTurn(content: JsonObject[], traits: TargetTraits): JsonObject[] {
  const results = content
    .filter((block) => block["type"] === "tool_use")
    .map((block): JsonObject => ({ type: "tool_result", tool_use_id: block["id"], content: "done" }));
  const messages = [
    { role: "user", content: "go" },
    { role: "assistant", content },
    { role: "user", content: [...results, { type: "text", text: "and?" }] },
  ];
  const { body } = pair.request({ model: "claude", max_tokens: 9, messages }, traits);
  return toJsonArray(body["messages"]).slice(1).map(toJsonObject);
}

const call = (id: string | null, extra: JsonObject = {}): JsonObject => ({
  id,
  type: "function",
  function: { name: "f", arguments: '{"x":1}' },
  ...extra,
});
const signed = { extra_content: { google: { thought_signature: "sig-1" } } };

test("reasoning goes back to its provider in the field that it wants", () => {
  const message = { role: "assistant", content: "yes", reasoning_content: "because", tool_calls: [call("a")] };
  for (const field of ["reasoning_content", "reasoning"] as const) {
    const traits = traitsOf("deepseek", { reasoningReturn: field });
    assert.equal(nextTurn(answer(message, traits), traits)[0]?.[field], "because");
  }
});

test("a call in the form before `tool_calls` calls the tool, and its result finds it in the next turn", () => {
  const traits = traitsOf("old");
  const message = { role: "assistant", content: null, function_call: { name: "f", arguments: '{"x":1}' } };
  const content = answer(message, traits);
  assert.deepEqual(content, [{ type: "tool_use", id: "call_req00ff_0", name: "f", input: { x: 1 } }]);
  const [turn, result] = nextTurn(content, traits);
  assert.equal(toJsonObject(toJsonArray(turn?.["tool_calls"])[0])["id"], result?.["tool_call_id"]);
  const { body } = pair.answer({ choices: [{ message, finish_reason: "function_call" }] }, contextOf(traits));
  assert.equal(body["stop_reason"], "tool_use");
  const none = { role: "assistant", content: "Hi", function_call: { name: "", arguments: "" } };
  for (const empty of [none, { ...none, function_call: {} }, { ...none, function_call: null }]) {
    assert.deepEqual(answer(empty, traits), [{ type: "text", text: "Hi" }]);
  }
});

test("a call that is said in both forms is called once", () => {
  const function_call = { name: "f", arguments: '{"x":1}' };
  const content = answer(
    { role: "assistant", content: null, tool_calls: [call("a")], function_call },
    traitsOf("both"),
  );
  assert.deepEqual(
    content.map(({ type, id }) => [type, id]),
    [["tool_use", "a"]],
  );
});

test("structured reasoning goes back whole, with its pieces joined", () => {
  const traits = traitsOf("openrouter", { reasoningReturn: "reasoning_details" });
  const details = [
    { type: "reasoning.text", index: 0, text: "be", signature: null },
    { type: "reasoning.text", index: 0, text: "cause", signature: "s" },
    { type: "reasoning.encrypted", index: 1, data: "xyz" },
  ];
  const [back] = nextTurn(answer({ content: "yes", reasoning: "because", reasoning_details: details }, traits), traits);
  assert.deepEqual(back?.["reasoning_details"], [
    { type: "reasoning.text", index: 0, text: "because", signature: "s" },
    { type: "reasoning.encrypted", index: 1, data: "xyz" },
  ]);
});

test("encrypted reasoning without text travels in a redacted_thinking block", () => {
  const traits = traitsOf("openrouter", { reasoningReturn: "reasoning_details" });
  const details = [{ type: "reasoning.encrypted", index: 0, data: "xyz" }];
  const content = answer({ content: "yes", reasoning_details: details }, traits);
  assert.deepEqual(
    content.map((block) => block["type"]),
    ["redacted_thinking", "text"],
  );
  assert.deepEqual(nextTurn(content, traits)[0]?.["reasoning_details"], details);
});

test("reasoning reaches no other provider, and none that does not want it", () => {
  const content = answer({ content: "yes", reasoning_content: "because" }, traitsOf("deepseek"));
  for (const traits of [traitsOf("moonshot", { reasoningReturn: "reasoning_content" }), traitsOf("deepseek")]) {
    assert.ok(!JSON.stringify(nextTurn(content, traits)).includes("because"));
  }
});

test("a tool call of another model gets a blank where its reasoning must be", () => {
  const content = answer({ content: null, tool_calls: [call("a")] }, traitsOf("openai"));
  assert.equal(
    nextTurn(content, traitsOf("moonshot", { reasoningReturn: "reasoning_content" }))[0]?.["reasoning_content"],
    " ",
  );
});

test("a text of another model gets the blank only where every answer must have its reasoning", () => {
  const content = answer({ content: "yes" }, traitsOf("openai"));
  const blankAt = (wantsReasoningAlways: boolean): unknown =>
    nextTurn(content, traitsOf("deepseek", { reasoningReturn: "reasoning_content", wantsReasoningAlways }))[0]?.[
      "reasoning_content"
    ];
  assert.equal(blankAt(true), " ");
  assert.equal(blankAt(false), undefined);
});

test("thought signatures come back with their calls, with and without thinking before them", () => {
  const traits = traitsOf("gemini", { hasThoughtSignatures: true });
  for (const reasoning of [{}, { reasoning_content: "hm" }]) {
    const message = { content: null, ...reasoning, tool_calls: [call("a", signed), call("b")] };
    const content = answer(message, traits);
    assert.equal(content[0]?.["type"], "reasoning_content" in reasoning ? "thinking" : "redacted_thinking");
    const calls = toJsonArray(nextTurn(content, traits)[0]?.["tool_calls"]).map(toJsonObject);
    assert.deepEqual(calls[0]?.["extra_content"], signed.extra_content);
    assert.equal(calls[1]?.["extra_content"], undefined);
  }
});

test("a call without thought signature gets Google's stand-in, and other providers see none of it", () => {
  const content = answer(
    { content: null, tool_calls: [call("a", signed)] },
    traitsOf("gemini", { hasThoughtSignatures: true }),
  );
  const other = JSON.stringify(nextTurn(content, traitsOf("openai")));
  assert.doesNotMatch(other, /sig-1|extra_content/);
  const foreign = answer({ content: null, tool_calls: [call("a")] }, traitsOf("openai"));
  const calls = toJsonArray(nextTurn(foreign, traitsOf("gemini", { hasThoughtSignatures: true }))[0]?.["tool_calls"]);
  assert.match(JSON.stringify(calls[0]), /skip_thought_signature_validator/);
});

test("an id that the client cannot hold comes back to its provider as it was, and to others in a form of theirs", () => {
  const kimi = traitsOf("moonshot");
  const content = answer({ content: null, tool_calls: [call("functions.Bash:0")] }, kimi);
  assert.match(content[0]?.["id"] as string, /^[a-zA-Z0-9_-]+$/);
  const ids = (traits: TargetTraits): unknown[] => {
    const [assistant, result] = nextTurn(content, traits);
    return [toJsonObject(toJsonArray(assistant?.["tool_calls"])[0])["id"], result?.["tool_call_id"]];
  };
  assert.deepEqual(ids(kimi), ["functions.Bash:0", "functions.Bash:0"]);
  const [mistral, same] = ids(traitsOf("mistral", { toolCallIdPattern: "alphanumeric-9" }));
  assert.match(mistral as string, /^[a-zA-Z0-9]{9}$/);
  assert.equal(mistral, same);
  const [openai] = ids(traitsOf("openai"));
  assert.match(openai as string, /^[a-zA-Z0-9_-]{1,40}$/);
});

test("missing and repeated ids become unique ones", () => {
  const tool_calls = [call(null), call(""), call("a"), { ...call("a"), function: { name: "f", arguments: '{"x":2}' } }];
  const ids = answer({ content: null, tool_calls }, traitsOf("x")).map((block) => block["id"]);
  assert.equal(new Set(ids).size, 4);
  assert.ok(ids.includes("a"));
});

test("an id that the conversation holds already becomes a new one: the client would take it for the earlier call", () => {
  const earlier = { role: "assistant", content: [{ type: "tool_use", id: "call_0", name: "f", input: {} }] };
  const [block] = answer({ tool_calls: [call("call_0")] }, traitsOf("x"), { messages: [earlier] });
  assert.match(block?.["id"] as string, /^call_req\w*_0$/);
});

test("a long tool name is cut on its way out and whole on its way back", () => {
  const name = `mcp__${"a".repeat(80)}__do_it`;
  const request: JsonObject = {
    max_tokens: 9,
    tools: [{ name, input_schema: { type: "object" } }],
    tool_choice: { type: "tool", name },
    messages: [
      { role: "assistant", content: [{ type: "tool_use", id: "t", name, input: {} }] },
      // What a tool search found is told by the name that the model can call.
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "tool_reference", tool_name: name }] }],
      },
    ],
  };
  const traits = traitsOf("openai");
  const { body } = pair.request(request, traits);
  assert.ok(!JSON.stringify(body).includes(name));
  const sent = JSON.stringify(body).match(/"name":"([^"]+)"/g) ?? [];
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent).size, 1);
  const short = (sent[0] ?? "").slice(8, -1);
  assert.ok(short.length <= 64);
  const content = answer(
    { content: null, tool_calls: [{ id: "u", function: { name: short, arguments: "" } }] },
    traits,
    request,
  );
  assert.deepEqual(content, [{ type: "tool_use", id: "u", name, input: {} }]);
});

test("a name that some servers refuse is made to fit in each place, and comes back as the client's own", () => {
  for (const [name, sent] of [
    ["3d_render", /^_3d_render_[0-9a-f]{8}$/],
    ["repo.read:file/ä", /^repo_read_file___[0-9a-f]{8}$/],
    ["plain-name_1", /^plain-name_1$/],
  ] as const) {
    const request: JsonObject = {
      max_tokens: 9,
      tools: [{ name, input_schema: { type: "object" } }],
      messages: [{ role: "assistant", content: [{ type: "tool_use", id: "t", name, input: {} }] }],
    };
    const { body } = pair.request(request, traitsOf("x"));
    const names = [...JSON.stringify(body).matchAll(/"function":\{"name":"([^"]+)"/g)].map(([, found]) => found ?? "");
    assert.equal(names.length, 2);
    assert.equal(names[0], names[1]);
    assert.match(names[0] ?? "", sent);
    const call = { id: "u", function: { name: names[0] ?? "", arguments: "{}" } };
    assert.equal(answer({ tool_calls: [call] }, traitsOf("x"), request)[0]?.["name"], name);
  }
});

test("marks of a model's format are taken off a name where that makes a tool of the request's", () => {
  const request: JsonObject = { tools: ["Bash", "functions.own", "json"].map((name) => ({ name })) };
  const nameOf = (name: string): unknown =>
    answer({ tool_calls: [{ id: "u", function: { name, arguments: "{}" } }] }, traitsOf("x"), request)[0]?.["name"];
  const marked = ["Bash", " Bash", "functions.Bash", "Bash<|channel|>commentary", "functions.Bash <|x|>", "Bashjson"];
  assert.deepEqual(marked.map(nameOf), Array(marked.length).fill("Bash"));
  for (const name of ["functions.own", "json", "Read<|channel|>", "bash"]) assert.equal(nameOf(name), name);
});

test("an error under status 200 stands in the facts, and what is no answer is thrown", () => {
  const error = { type: "invalid_request_error", code: "invalid_api_key", message: "Incorrect API key provided" };
  const { facts } = pair.answer({ error }, contextOf(traitsOf("x")));
  assert.deepEqual(facts.error, { ...error, status: null });
  assert.throws(
    () => pair.answer({ choices: [] }, contextOf(traitsOf("x"))),
    (thrown) => thrown instanceof GatewayError && thrown.code === "provider_bad_answer",
  );
});
