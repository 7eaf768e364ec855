/** docs/translation/chat-to-responses.md and the program say the same of each field of a request. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type OpenAI from "openai";
import type { JsonObject, JsonValue } from "../../src/core/json/json.ts";
import { defaultTraits } from "../../src/dialects/target-traits.ts";
import { toResponsesRequest } from "../../src/dialects/openai-responses/request.ts";

/** A value for each field that OpenAI's own client can send. */
const values: Readonly<Record<keyof OpenAI.Chat.ChatCompletionCreateParams, JsonValue>> = {
  model: "gpt-6-sol",
  messages: [{ role: "user", content: "hi" }],
  stream: true,
  temperature: 0.5,
  top_p: 0.5,
  top_logprobs: 2,
  parallel_tool_calls: false,
  metadata: { team: "compilers" },
  user: "ada",
  service_tier: "flex",
  safety_identifier: "ada",
  prompt_cache_key: "key",
  prompt_cache_retention: "24h",
  store: true,
  tools: [{ type: "function", function: { name: "Read", parameters: { type: "object" } } }],
  tool_choice: "required",
  max_completion_tokens: 100,
  max_tokens: 100,
  reasoning_effort: "low",
  response_format: { type: "json_object" },
  verbosity: "low",
  stream_options: { include_usage: true },
  n: 2,
  audio: { voice: "alloy", format: "wav" },
  frequency_penalty: 1,
  function_call: "auto",
  functions: [{ name: "Read" }],
  logit_bias: { 1: 1 },
  logprobs: true,
  modalities: ["text"],
  moderation: {},
  prediction: { type: "content", content: "hi" },
  presence_penalty: 1,
  prompt_cache_options: {},
  seed: 1,
  stop: "end",
  web_search_options: {},
};

/** What a mapped field becomes. */
const mapped: Readonly<Record<string, JsonObject>> = {
  messages: { input: [{ role: "user", content: "hi" }] },
  tools: { tools: [{ type: "function", name: "Read", parameters: { type: "object" }, strict: false }] },
  tool_choice: { tool_choice: "required" },
  max_completion_tokens: { max_output_tokens: 100 },
  max_tokens: { max_output_tokens: 100 },
  reasoning_effort: { reasoning: { effort: "low" } },
  response_format: { text: { format: { type: "json_object" } } },
  verbosity: { text: { verbosity: "low" } },
  stream_options: {},
};

const traits = defaultTraits({ provider: "openai", model: "gpt-6-sol" });
const page = readFileSync(new URL("../../docs/translation/chat-to-responses.md", import.meta.url), "utf8");
const rows = new Map(
  [...page.matchAll(/^\| `(\w+)` \| (kept|mapped|dropped|refused) \|/gm)].map(([, name, rule]) => [name!, rule!]),
);

test("the page has a row for each field of the API, and for no other", () => {
  assert.deepEqual([...rows.keys()].sort(), Object.keys(values).sort());
});

for (const [field, value] of Object.entries(values)) {
  const rule = rows.get(field);
  test(`${field} is ${rule}`, () => {
    const request = { model: "gpt-6-sol", messages: [], tools: values["tools"], [field]: value };
    if (rule === "refused") {
      assert.throws(() => toResponsesRequest(request, traits), { code: "caller_unsupported_content" });
      return;
    }
    const { body, notes } = toResponsesRequest(request, traits);
    const isDropped = rule === "dropped";
    assert.deepEqual(notes, isDropped ? [`${field}: left out, the Responses API has no such field`] : []);
    const expected = rule === "kept" ? { [field]: value } : rule === "mapped" ? mapped[field]! : {};
    assert.deepEqual({ ...body, ...expected }, body);
    assert.equal(field in body, field in expected);
  });
}
