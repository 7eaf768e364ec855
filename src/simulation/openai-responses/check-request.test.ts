import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "../../core/json/json.ts";
import { createRandom } from "../random.ts";
import { textOrJson } from "../text-or-json.ts";
import { openaiResponsesProfile } from "./profile.ts";
import { encryptReasoning, makeReasoningId } from "./sealed-reasoning.ts";

function check(body: JsonObject) {
  const model = openaiResponsesProfile.findModel(textOrJson(body["model"]));
  assert.ok(model);
  return openaiResponsesProfile.check(body, {}, model, false);
}

const random = createRandom(1);
const storedId = makeReasoningId(random, true);
const unstoredId = makeReasoningId(random, false);
const sealed = encryptReasoning(random, unstoredId);

const user: JsonObject = { role: "user", content: "Hi" };
const said = (part: JsonObject): JsonObject => ({ role: "assistant", content: [part] });
const call = (id: string): JsonObject => ({ type: "function_call", call_id: id, name: "Bash", arguments: "{}" });
const output = (id: string): JsonObject => ({ type: "function_call_output", call_id: id, output: "ok" });
const thought = (more: JsonObject): JsonObject => ({ type: "reasoning", id: unstoredId, summary: [], ...more });
const schema = {
  type: "object",
  properties: { path: { type: "string" } },
  required: ["path"],
  additionalProperties: false,
};
const nested = { ...schema, properties: { path: { type: "object", properties: {} } } };
const tool: JsonObject = { type: "function", name: "Bash", parameters: schema };
const image = (url: unknown): JsonObject => ({
  role: "user",
  content: [{ type: "input_image", image_url: url as string }],
});
const base: JsonObject = { model: "gpt-5.2", input: "Hi" };
const plain = { model: "gpt-4o" };

describe("the simulated Responses API takes", () => {
  const taken: Readonly<Record<string, JsonObject>> = {
    "a text": {},
    "messages of all roles": {
      input: [
        { role: "system", content: "Be kind" },
        { type: "message", role: "developer", content: [{ type: "input_text", text: "Be short" }] },
        image("data:image/png;base64,AAAA"),
        said({ type: "output_text", text: "Hi", annotations: [] }),
        user,
      ],
    },
    "parallel calls with their outputs": { input: [user, call("a"), call("b"), output("b"), output("a")] },
    "thoughts that it stored": { input: [user, thought({ id: storedId }), call("a"), output("a")] },
    "its own encrypted thoughts": {
      store: false,
      input: [user, thought({ encrypted_content: sealed }), said({ type: "output_text", text: "Hi" }), user],
    },
    "the same without their id": {
      input: [user, { type: "reasoning", summary: [], encrypted_content: sealed }, call("a"), output("a")],
    },
    "function tools beside any effort": { model: "gpt-6-sol", tools: [tool], reasoning: { effort: "high" } },
    "the effort that Chat Completions does not know": { model: "gpt-6-sol", reasoning: { effort: "max" } },
    "a loose function that says so": { tools: [{ ...tool, strict: false, parameters: { type: "object" } }] },
    "a forced function": { tools: [tool], tool_choice: { type: "function", name: "Bash" } },
    "sampling without reasoning": { ...plain, temperature: 0.2, top_p: 0.9 },
    "a schema for the answer": { text: { format: { type: "json_schema", name: "a", schema, strict: true } } },
    "settings left null": { temperature: null, reasoning: null, max_output_tokens: null, stream_options: null },
  };
  for (const [what, change] of Object.entries(taken)) {
    test(what, () => assert.equal(check({ ...base, ...change }), null));
  }
});

describe("the simulated Responses API refuses", () => {
  const refused: Readonly<Record<string, readonly [JsonObject, RegExp, (string | null)?]>> = {
    "parts of another dialect": [{ input: [{ role: "user", content: [{ type: "text" }] }] }, /Invalid value: 'text'/],
    "an input_text of the assistant": [
      { input: [said({ type: "input_text", text: "Hi" })] },
      /^Invalid value: 'input_text'\. Supported values are: 'output_text' and 'refusal'\.$/,
      "input[0].content[0].type",
    ],
    "an output_text of the user": [
      { input: [{ role: "user", content: [{ type: "output_text", text: "Hi" }] }] },
      /^Invalid value: 'output_text'\. Supported values are: 'input_text', /,
    ],
    "an image in an object": [{ input: [image({ url: "https://a" })] }, /expected an image URL, but got an object/],
    "a message of a tool": [{ input: [{ role: "tool", content: "ok" }] }, /^Invalid value: 'tool'\./],
    "calls within a message": [
      { input: [{ ...user, tool_calls: [] }] },
      /^Unknown parameter: 'input\[0\]\.tool_calls'\.$/,
    ],
    "an answer without content": [
      { input: [{ role: "assistant", content: null }] },
      /'input\[0\]\.content': expected one of an array of objects or string, but got null instead/,
    ],
    "no input": [{ input: [] }, /^One of 'input' or/],
    "an id of another kind": [
      { input: [{ ...call("a"), id: "call_a" }, output("a")] },
      /Expected an ID that begins with 'fc'/,
    ],
    "a long call id": [{ input: [call("a".repeat(65)), output("a".repeat(65))] }, /maximum length 64.* length 65/],
    "tools in the form of Chat Completions": [
      { tools: [{ type: "function", function: tool }] },
      /^Missing required parameter: 'tools\[0\]\.name'\.$/,
      "tools[0].name",
    ],
    "a loose function that does not say so": [
      { tools: [{ ...tool, parameters: { type: "object" } }] },
      /^Invalid schema for function 'Bash': In context=\(\), 'additionalProperties' is required/,
      "tools[0].parameters",
    ],
    "a function that is loose within": [
      { tools: [{ ...tool, strict: true, parameters: nested }] },
      /In context=\('properties', 'path'\), 'additionalProperties'/,
    ],
    "a forced function that is not there": [
      { tools: [tool], tool_choice: { type: "function", name: "Read" } },
      /^Tool choice 'function' not found in 'tools' parameter\.$/,
    ],
    "few output tokens": [
      { max_output_tokens: 15 },
      /^Invalid 'max_output_tokens': integer below minimum value\. Expected a value >= 16, but got 15 instead\.$/,
    ],
    "sampling with reasoning": [{ temperature: 1 }, /^Unsupported parameter: 'temperature' is not supported/],
    "an effort that the model does not know": [
      { reasoning: { effort: "minimal" } },
      /^Unsupported value: 'minimal' is not supported with the 'gpt-5\.2' model\. Supported values are: 'none', 'low'/,
    ],
    "an effort without reasoning": [{ ...plain, reasoning: { effort: "low" } }, /'reasoning\.effort' is not supported/],
    "encrypted content without reasoning": [
      { ...plain, include: ["reasoning.encrypted_content"] },
      /^Encrypted content is not supported with this model\.$/,
    ],
    "usage asked for": [
      { stream: true, stream_options: { include_usage: true } },
      /^Unknown parameter: 'stream_options\.include_usage'\.$/,
    ],
    "a schema in the form of Chat Completions": [
      { text: { format: { type: "json_schema", json_schema: {} } } },
      /^Missing required parameter: 'text\.format\.name'\.$/,
    ],
    "JSON that only the instructions speak of": [
      { instructions: "Say JSON", text: { format: { type: "json_object" } } },
      /^Response input messages must contain the word 'json'/,
    ],
    "an output without its call": [
      { input: [user, output("a")] },
      /^No tool call found for function call output with call_id a\.$/,
      "input",
    ],
    "a call without its output": [{ input: [user, call("a"), user] }, /^No tool output found for function call a\.$/],
    "a thought that leads nowhere": [
      { input: [thought({ encrypted_content: sealed }), user] },
      /^Item 'rs_\w+' of type 'reasoning' was provided without its required following item\.$/,
    ],
    "a thought of another item": [
      { input: [thought({ id: storedId, encrypted_content: sealed }), call("a"), output("a")] },
      /item_id did not match/,
    ],
    "an earlier response": [{ previous_response_id: "resp_1" }, /^Previous response with id 'resp_1' not found\.$/],
  };
  for (const [what, [change, message, param]] of Object.entries(refused)) {
    test(what, () => {
      const error = check({ ...base, ...change });
      assert.match(error?.message ?? "", message);
      assert.deepEqual([error?.status, error?.type], [400, "invalid_request_error"]);
      if (param !== undefined) assert.equal(error?.param, param);
    });
  }

  const chatFields =
    "messages max_tokens max_completion_tokens reasoning_effort stop n response_format frequency_penalty seed";
  for (const field of chatFields.split(" ")) {
    test(`${field} of Chat Completions`, () =>
      assert.equal(check({ ...base, [field]: 1 })?.message, `Unknown parameter: '${field}'.`));
  }

  test("a thought that it did not store, as not found", () => {
    const error = check({ ...base, store: false, input: [thought({}), call("a"), output("a")] });
    assert.equal(error?.status, 404);
    assert.match(error?.message ?? "", /^Item with id 'rs_\w+' not found\. Items are not persisted when `store` is/);
  });

  test("a thought that it did not encrypt, by a code of its own", () => {
    const error = check({ ...base, input: [thought({ encrypted_content: "made up" }), call("a"), output("a")] });
    assert.equal(error?.code, "invalid_encrypted_content");
    assert.match(error?.message ?? "", /^The encrypted content made\.\.\.e up could not be verified\./);
  });
});
