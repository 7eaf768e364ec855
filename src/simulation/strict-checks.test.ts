import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "../core/json/json.ts";
import { anthropicProfile } from "./anthropic/profile.ts";
import { signThought } from "./anthropic/signature.ts";
import { deepseekProfile } from "./openai-chat/deepseek.ts";
import { groqProfile } from "./openai-chat/groq.ts";
import { openaiProfile } from "./openai-chat/openai.ts";
import type { Profile } from "./profile.ts";
import { createRandom } from "./random.ts";
import { textOrJson } from "./text-or-json.ts";

function check(profile: Profile, body: JsonObject, headers: Record<string, string> = {}): string | null {
  const model = profile.findModel(textOrJson(body["model"]));
  assert.ok(model);
  return profile.check(body, { "anthropic-version": "2023-06-01", ...headers }, model, false)?.message ?? null;
}

const use = (id: string): JsonObject => ({ type: "tool_use", id, name: "Bash", input: {} });
const result = (id: string): JsonObject => ({ type: "tool_result", tool_use_id: id, content: "ok" });
const user = (content: JsonObject["content"]): JsonObject => ({ role: "user", content });
const assistant = (content: JsonObject["content"], more: JsonObject = {}): JsonObject => ({
  role: "assistant",
  content,
  ...more,
});

describe("the simulated Anthropic", () => {
  const base = { model: "claude-opus-5-5", max_tokens: 1000, messages: [user("Hi")] };
  const signed = { type: "thinking", thinking: "Hm", signature: signThought("Hm", createRandom(1)) };
  const beta = {
    "anthropic-beta": "context-management-2025-06-27,per-turn-control-2026-07-01,advanced-tool-use-2025-11-20",
  };
  const tool = { name: "Bash", input_schema: { type: "object" } };

  test("refuses since version 2026-10-21 what it took before", () => {
    const cited = { type: "text", text: "x", citations: [{ type: "char_location" }] };
    const changes: Readonly<Record<string, JsonObject>> = {
      temperature: { model: "claude-haiku-4-5", temperature: 1 },
      citations: { messages: [user([cited])] },
    };
    for (const [word, change] of Object.entries(changes)) {
      assert.equal(check(anthropicProfile, { ...base, ...change }), null);
      const refusal = check(anthropicProfile, { ...base, ...change }, { "anthropic-version": "2026-10-21" });
      assert.match(refusal ?? "", new RegExp(word));
    }
    const version = { "anthropic-version": "2026-10-21" };
    assert.equal(
      check(anthropicProfile, { ...base, messages: [user("Hi"), assistant([cited]), user("Go on")] }, version),
      null,
    );
  });

  const taken: Readonly<Record<string, readonly [JsonObject, Record<string, string>?]>> = {
    "a plain request": [{}],
    "tool use answered in the next message": [
      { messages: [user("Hi"), assistant([use("a"), use("b")]), user([result("b"), result("a")])] },
    ],
    "a system message between a question and its answer": [
      {
        messages: [
          user("Hi"),
          { role: "system", content: "env", output_config: { effort: "low" } },
          assistant([use("a")]),
          user([result("a")]),
        ],
      },
      beta,
    ],
    "a system message that only sets an effort": [
      { messages: [user("Hi"), { role: "system", content: [], output_config: { effort: "low" } }] },
      beta,
    ],
    "its own signature": [{ messages: [user("Hi"), assistant([signed, use("a")]), user([result("a")])] }],
    "its own signature on a thought left out": [
      { messages: [user("Hi"), assistant([{ ...signed, thinking: "" }]), user("Go on")] },
    ],
    "context_management with its beta header": [{ context_management: { edits: [] } }, beta],
    "safeguards with their beta header": [
      { safeguards: [{ type: "dangerous_tool_use" }] },
      { "anthropic-beta": "dangerous-tool-use-2026-09-03" },
    ],
    "deferred tools with their beta header": [{ tools: [{ ...tool, defer_loading: true }] }, beta],
    "deferred tools with the header that a Claude Code sends which signed in at a gateway": [
      { tools: [{ ...tool, defer_loading: true }] },
      { "anthropic-beta": "tool-search-tool-2025-10-19" },
    ],
  };
  for (const [what, [change, headers]] of Object.entries(taken)) {
    test(`takes ${what}`, () => assert.equal(check(anthropicProfile, { ...base, ...change }, headers), null));
  }

  const refused: Readonly<Record<string, readonly [JsonObject, RegExp]>> = {
    "a foreign field": [{ frequency_penalty: 1 }, /frequency_penalty: Extra inputs are not permitted/],
    "safeguards without theirs": [{ safeguards: [] }, /safeguards: Extra inputs/],
    "context_management without its beta header": [{ context_management: {} }, /context_management: Extra inputs/],
    "deferred tools without theirs": [{ tools: [{ ...tool, defer_loading: true }] }, /defer_loading: Extra inputs/],
    "a missing token limit": [{ max_tokens: undefined }, /max_tokens: Field required/],
    "more output than the model has": [{ max_tokens: 200_000 }, /max_tokens: 200000 > 128000, which is the maximum/],
    "a tool use without its result": [
      { messages: [user("Hi"), assistant([use("a")]), user("Go on")] },
      /messages\.1: `tool_use` ids were found without `tool_result` blocks immediately after: a\./,
    ],
    "a result without its tool use": [{ messages: [user([result("a")])] }, /unexpected `tool_use_id` found/],
    "a foreign signature": [
      { messages: [user("Hi"), assistant([{ ...signed, signature: "made up" }]), user("Go on")] },
      /messages\.1\.content\.0: Invalid `signature` in `thinking` block/,
    ],
    "a signature moved to another thought": [
      { messages: [user("Hi"), assistant([{ ...signed, thinking: "Other" }]), user("Go on")] },
      /Invalid `signature`/,
    ],
    "an empty text block": [
      { messages: [user([{ type: "text", text: "" }])] },
      /text content blocks must be non-empty/,
    ],
    "an empty assistant message": [
      { messages: [user("Hi"), assistant([]), user("Go on")] },
      /must have non-empty content/,
    ],
    "an empty system message": [
      { messages: [user("Hi"), { role: "system", content: [] }] },
      /must have non-empty content/,
    ],
    "OpenAI's parts": [
      { messages: [user([{ type: "image_url", image_url: { url: "x" } }])] },
      /Input tag 'image_url' found/,
    ],
    "five cache marks": [
      { system: Array.from({ length: 5 }, () => ({ type: "text", text: "a", cache_control: { type: "ephemeral" } })) },
      /A maximum of 4 blocks with cache_control may be provided\. Found 5\./,
    ],
  };
  for (const [what, [change, words]] of Object.entries(refused)) {
    test(`refuses ${what}`, () => assert.match(check(anthropicProfile, { ...base, ...change }) ?? "", words));
  }
});

describe("the simulated Anthropic's generations", () => {
  const enabled = { thinking: { type: "enabled", budget_tokens: 1024 } };
  const prefill = { messages: [user("Hi"), assistant("Well,")] };
  const rules: readonly (readonly [string, JsonObject, boolean])[] = [
    ["claude-opus-5-5", { thinking: { type: "adaptive" } }, true],
    ["claude-sonnet-4-6", { thinking: { type: "adaptive" } }, true],
    ["claude-haiku-4-5", { thinking: { type: "adaptive" } }, false],
    ["claude-haiku-4-5-20251001", enabled, true],
    ["claude-sonnet-4-6", enabled, true],
    ["claude-sonnet-5", enabled, false],
    ["claude-haiku-4-5", { temperature: 0.2 }, true],
    ["claude-haiku-5-5", { temperature: 0.2 }, false],
    ["claude-haiku-4-5", prefill, true],
    ["claude-sonnet-4-20250514", prefill, true],
    ["claude-opus-5", prefill, false],
    ["claude-opus-5-5", { speed: "fast" }, true],
    ["claude-sonnet-5", { speed: "fast" }, false],
  ];
  for (const [model, change, isTaken] of rules) {
    test(`${model} ${isTaken ? "takes" : "refuses"} ${Object.keys(change).join()}`, () => {
      const body = { model, max_tokens: 2000, messages: [user("Hi")], ...change };
      assert.equal(check(anthropicProfile, body, { "anthropic-beta": "fast-mode-2026-02-01" }) === null, isTaken);
    });
  }
});

describe("the simulated OpenAI dialect", () => {
  const profiles: readonly (readonly [Profile, string])[] = [
    [openaiProfile, "gpt-4o"],
    [groqProfile, "llama-3.3-70b-versatile"],
    [deepseekProfile, "deepseek-chat"],
  ];
  const call = (id: string): JsonObject => ({ id, type: "function", function: { name: "Bash", arguments: "{}" } });
  const answer = (id: string): JsonObject => ({ role: "tool", tool_call_id: id, content: "ok" });

  const refused: Readonly<Record<string, readonly [JsonObject, RegExp]>> = {
    "cache_control on a part": [
      { messages: [user([{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }])] },
      /cache_control/,
    ],
    "cache_control on a message": [{ messages: [{ role: "user", content: "Hi", cache_control: {} }] }, /cache_control/],
    "Anthropic's fields": [{ context_management: {} }, /context_management/],
    "more output than the model has": [{ max_tokens: 400_000 }, /max_(completion_)?tokens/],
    "a tool call without an answer": [
      { messages: [user("Hi"), assistant(null, { tool_calls: [call("a"), call("b")] }), answer("a"), user("Go on")] },
      /did not have response messages: b/,
    ],
    "a tool message without its call": [
      { messages: [user("Hi"), answer("a")] },
      /must be a response to a preceeding message/,
    ],
    "an empty assistant message": [
      { messages: [user("Hi"), assistant(null), user("Go on")] },
      /expected a string, got null/,
    ],
    "an empty list of tools": [{ tools: [] }, /empty array/],
    "a tool choice without tools": [{ tool_choice: "auto" }, /only allowed when 'tools' are specified/],
    "Anthropic's tools": [{ tools: [{ name: "Bash", input_schema: {} }] }, /Supported values are: 'function'/],
    "stream options without a stream": [
      { stream_options: { include_usage: true } },
      /only allowed when 'stream' is enabled/,
    ],
  };
  for (const [profile, model] of profiles) {
    const base = { model, messages: [user("Hi")] };
    test(`${profile.kind} takes calls that are all answered, text beside them`, () => {
      const messages = [
        user("Hi"),
        assistant("I look", { tool_calls: [call("a"), call("b")] }),
        answer("b"),
        // As LangChain writes it.
        { ...answer("a"), name: "Bash" },
      ];
      assert.equal(check(profile, { ...base, messages, stream: true, stream_options: { include_usage: true } }), null);
    });
    for (const [what, [change, words]] of Object.entries(refused)) {
      test(`${profile.kind} refuses ${what}`, () => assert.match(check(profile, { ...base, ...change }) ?? "", words));
    }
  }

  test("OpenAI's reasoning models refuse max_tokens and take max_completion_tokens", () => {
    const body = { model: "gpt-5-mini", messages: [user("Hi")] };
    assert.match(check(openaiProfile, { ...body, max_tokens: 100 }) ?? "", /Use 'max_completion_tokens' instead/);
    assert.equal(check(openaiProfile, { ...body, max_completion_tokens: 100 }), null);
  });

  test("OpenAI's late models take tools only without reasoning, the latest only if that is said", () => {
    const tools = [{ type: "function", function: { name: "Bash", parameters: { type: "object" } } }];
    const ask = (model: string, more: JsonObject) =>
      check(openaiProfile, { model, messages: [user("Hi")], tools, ...more });
    assert.equal(ask("gpt-5.2", { reasoning_effort: "high" }), null);
    assert.match(ask("gpt-5.4-mini", { reasoning_effort: "high" }) ?? "", /Function tools with reasoning_effort/);
    assert.equal(ask("gpt-5.4-mini", {}), null);
    assert.match(ask("gpt-6-luna", {}) ?? "", /Function tools with reasoning_effort/);
    assert.equal(ask("gpt-6-luna", { reasoning_effort: "none" }), null);
    assert.match(ask("gpt-5-mini", { reasoning_effort: "none" }) ?? "", /does not support 'none'/);
  });

  test("DeepSeek knows no schema for its answers", () => {
    const body = { model: "deepseek-v4-pro", messages: [user("Hi")] };
    assert.equal(check(deepseekProfile, { ...body, response_format: { type: "json_object" } }), null);
    assert.match(check(deepseekProfile, { ...body, response_format: { type: "json_schema" } }) ?? "", /unavailable/);
  });

  test("a thinking DeepSeek wants its reasoning back with tool calls", () => {
    const body = { model: "deepseek-v4-pro" };
    const turn = (more: JsonObject): JsonObject[] => [
      user("Hi"),
      assistant("", { tool_calls: [call("a")], ...more }),
      answer("a"),
    ];
    assert.match(check(deepseekProfile, { ...body, messages: turn({}) }) ?? "", /must be passed back to the API/);
    assert.equal(check(deepseekProfile, { ...body, messages: turn({ reasoning_content: "Hm" }) }), null);
    assert.equal(check(deepseekProfile, { ...body, thinking: { type: "disabled" }, messages: turn({}) }), null);
    const messages = [...turn({ reasoning_content: "Hm" }), assistant("Done"), user("Thanks")];
    assert.match(check(deepseekProfile, { ...body, messages }) ?? "", /must be passed back to the API/);
    assert.equal(check(deepseekProfile, { ...body, messages: [user("Hi"), assistant("Hi"), user("So?")] }), null);
  });
});
