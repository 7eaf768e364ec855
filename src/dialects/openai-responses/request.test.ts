import assert from "node:assert/strict";
import { test } from "node:test";
import type OpenAI from "openai";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { defaultTraits } from "../target-traits.ts";
import type { TargetTraits } from "../target-traits.ts";
import { encryptedDetail, summaryDetail } from "./reasoning-items.ts";
import { toResponsesRequest } from "./request.ts";
import { wantsResponses } from "./wants-responses.ts";

type ResponsesBody = OpenAI.Responses.ResponseCreateParams;

const parameters = { type: "object", properties: { path: { type: "string" } } };
const tool = { type: "function", function: { name: "Read", description: "reads", parameters } };
const traits: TargetTraits = {
  ...defaultTraits({ provider: "openai", model: "gpt-6-sol" }),
  reasoningRequest: { kind: "effort", efforts: ["low", "high"] },
};
const asked: JsonObject = { model: "gpt-6-sol", messages: [{ role: "user", content: "hi" }] };

function bodyOf(more: JsonObject): JsonObject {
  return toResponsesRequest({ ...asked, ...more }, traits).body;
}

function itemsOf(...messages: JsonObject[]): JsonValue {
  return bodyOf({ messages })["input"]!;
}

test("a request with tools, effort, limit and format has each in its place there", () => {
  const schema = { type: "object", properties: {}, required: [], additionalProperties: false };
  const { body, notes } = toResponsesRequest(
    {
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 4096,
      reasoning_effort: "high",
      verbosity: "low",
      tools: [tool],
      tool_choice: { type: "function", function: { name: "Read" } },
      parallel_tool_calls: false,
      response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
      user: "ada",
    },
    traits,
  );
  const expected: ResponsesBody = {
    model: "gpt-6-sol",
    stream: true,
    parallel_tool_calls: false,
    user: "ada",
    input: [{ role: "user", content: "hi" }],
    tools: [{ type: "function", name: "Read", description: "reads", parameters, strict: false }],
    tool_choice: { type: "function", name: "Read" },
    max_output_tokens: 4096,
    reasoning: { effort: "high" },
    text: { format: { type: "json_schema", name: "answer", strict: true, schema }, verbosity: "low" },
    store: false,
    include: ["reasoning.encrypted_content"],
  };
  assert.deepEqual(body, expected);
  assert.deepEqual(notes, []);
});

test("a conversation becomes items in order, an answer's reasoning before its words and calls", () => {
  const place = { provider: "openai", id: "rs_1", index: 1 };
  const input = itemsOf(
    { role: "developer", content: "be brief" },
    {
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" } },
      ],
    },
    {
      role: "assistant",
      content: "I read.",
      reasoning_details: [
        summaryDetail(place, "first "),
        summaryDetail(place, "part"),
        summaryDetail({ ...place, index: 2 }, "second"),
        encryptedDetail({ ...place, index: 3 }, "gAAA"),
      ],
      tool_calls: [{ id: "call_1", type: "function", function: { name: "Read", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "done" }] },
  );
  const expected: OpenAI.Responses.ResponseInput = [
    { role: "developer", content: "be brief" },
    {
      role: "user",
      content: [
        { type: "input_text", text: "look" },
        { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "auto" },
        { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" },
      ],
    },
    {
      type: "reasoning",
      id: "rs_1",
      summary: [
        { type: "summary_text", text: "first part" },
        { type: "summary_text", text: "second" },
      ],
      encrypted_content: "gAAA",
    },
    { role: "assistant", content: "I read." },
    { type: "function_call", call_id: "call_1", name: "Read", arguments: "{}" },
    { type: "function_call_output", call_id: "call_1", output: [{ type: "input_text", text: "done" }] },
  ];
  assert.deepEqual(input, expected);
});

test("reasoning goes back only to who encrypted it, whole, and before something that was said", () => {
  const place = { provider: "openai", id: "rs_1", index: 0 };
  const own = encryptedDetail(place, "gAAA");
  const reasoningOf = (details: JsonValue[], content: string): unknown =>
    (itemsOf({ role: "assistant", content, reasoning_details: details }) as JsonObject[]).map(({ type }) => type);
  assert.deepEqual(reasoningOf([own], "said"), ["reasoning", undefined]);
  assert.deepEqual(reasoningOf([own], ""), []);
  assert.deepEqual(reasoningOf([{ ...own, provider: "azure" }], "said"), [undefined]);
  assert.deepEqual(reasoningOf([{ ...own, format: "anthropic-claude-v1" }], "said"), [undefined]);
  assert.deepEqual(reasoningOf([summaryDetail(place, "thought")], "said"), [undefined]);
});

test("words beside a refusal are parts with annotations, which strict servers want; a part unknown there is left out", () => {
  const [text, image] = [
    { type: "text", text: "said" },
    { type: "image_url", image_url: { url: "x" } },
  ];
  assert.deepEqual(
    itemsOf(
      { role: "assistant", content: "said", refusal: "No." },
      { role: "assistant", content: [text, image] },
      { role: "user", name: "ada", content: [{ type: "input_audio" }] },
    ),
    [
      {
        role: "assistant",
        content: [
          { type: "output_text", text: "said", annotations: [] },
          { type: "refusal", refusal: "No." },
        ],
      },
      { role: "assistant", content: [{ type: "output_text", text: "said", annotations: [] }] },
      { role: "user", content: "" },
    ],
  );
  const { notes } = toResponsesRequest({ ...asked, messages: [{ role: "user", name: "ada", content: "hi" }] }, traits);
  assert.deepEqual(notes, ["messages: name left out"]);
});

test("calls in the form before tool calls are calls, their results belong to them", () => {
  const called = (name: string): JsonObject => ({
    role: "assistant",
    content: null,
    function_call: { name, arguments: "{}" },
  });
  const result: JsonObject = { role: "function", name: "Read", content: "done" };
  const item = (id: string): JsonObject => ({ type: "function_call", call_id: id, name: "Read", arguments: "{}" });
  const output = (id: string): JsonObject => ({ type: "function_call_output", call_id: id, output: "done" });
  assert.deepEqual(itemsOf(called("Read"), result, called("Read"), result), [
    item("call_legacy_1"),
    output("call_legacy_1"),
    item("call_legacy_2"),
    output("call_legacy_2"),
  ]);
});

test("models that know phases are told which message was commentary", () => {
  const call = { id: "call_1", type: "function", function: { name: "Read", arguments: "{}" } };
  const messages: JsonObject[] = [
    { role: "assistant", content: "I look.", tool_calls: [call] },
    { role: "assistant", content: "Done." },
  ];
  const phases = (hasPhases: boolean): unknown[] =>
    (toResponsesRequest({ ...asked, messages }, { ...traits, hasPhases }).body["input"] as JsonObject[])
      .filter(({ role }) => role === "assistant")
      .map(({ phase }) => phase);
  assert.deepEqual(phases(true), ["commentary", "final_answer"]);
  assert.deepEqual(phases(false), [undefined, undefined]);
});

test("calls of custom tools and their results keep their kind", () => {
  const grammar = { syntax: "lark" as const, definition: "start: /x/" };
  const { tools, tool_choice, input } = bodyOf({
    tools: [{ type: "custom", custom: { name: "patch", format: { type: "grammar", grammar } } }],
    tool_choice: {
      type: "allowed_tools",
      allowed_tools: { mode: "auto", tools: [{ type: "custom", custom: { name: "patch" } }] },
    },
    messages: [
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c", type: "custom", custom: { name: "patch", input: "x" } }],
      },
      { role: "tool", tool_call_id: "c", content: "ok" },
    ],
  });
  const expected: Pick<ResponsesBody, "tools" | "tool_choice" | "input"> = {
    tools: [{ type: "custom", name: "patch", format: { type: "grammar", ...grammar } }],
    tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "custom", name: "patch" }] },
    input: [
      { type: "custom_tool_call", call_id: "c", name: "patch", input: "x" },
      { type: "custom_tool_call_output", call_id: "c", output: "ok" },
    ],
  };
  assert.deepEqual({ tools, tool_choice, input }, expected);
});

test("what the Responses API has no field for is noted, several answers are refused, a tiny limit is its least; who does not reason encrypts nothing", () => {
  const { notes } = toResponsesRequest({ ...asked, stop: ["x"], seed: 1, logit_bias: null }, traits);
  assert.deepEqual(notes, [
    "stop: left out, the Responses API has no such field",
    "seed: left out, the Responses API has no such field",
  ]);
  const audio = { type: "input_audio", input_audio: { data: "", format: "wav" } };
  const heard = toResponsesRequest({ ...asked, messages: [{ role: "user", content: [audio] }] }, traits);
  assert.deepEqual(heard.notes, ["content part input_audio: left out"]);
  assert.throws(() => bodyOf({ n: 2 }), { code: "caller_unsupported_content", message: /^n: / });
  const { include } = toResponsesRequest(asked, { ...traits, reasoningRequest: { kind: "none" } }).body;
  assert.equal(include, undefined);
  assert.equal(bodyOf({ max_tokens: 1 })["max_output_tokens"], 16);
});

test("tools go by the Responses API unless thinking is said to be off; all of a model that knows nothing else", () => {
  const wants = (responsesApi: "never" | "tools" | "always", more: JsonObject): boolean =>
    wantsResponses({ ...asked, ...more }, { ...traits, responsesApi });
  assert.equal(wants("tools", { tools: [tool] }), true);
  assert.equal(wants("tools", { tools: [tool], reasoning_effort: "low" }), true);
  assert.equal(wants("tools", { tools: [tool], reasoning_effort: "none" }), false);
  assert.equal(wants("tools", { tools: [], reasoning_effort: "low" }), false);
  assert.equal(wants("always", {}), true);
  assert.equal(wants("never", { tools: [tool] }), false);
});
