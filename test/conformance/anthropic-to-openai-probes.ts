/** Probes of docs/translation/anthropic-to-openai.md: one for each row of its tables of requests. */
import type { JsonObject } from "../../src/core/json/json.ts";
import type { TargetTraits } from "../../src/dialects/target-traits.ts";
import { reasoningTraits, targetTraits } from "./anthropic-to-openai-kit.ts";

/** A probe of one row: a request with the field, and what must be seen of it. */
export interface Probe {
  readonly request: JsonObject;
  readonly traits?: TargetTraits;
  /** What must stand in the provider's body, at any depth, as JSON. */
  readonly has?: readonly string[];
  /** What must not. */
  readonly lacks?: readonly string[];
  readonly note?: RegExp;
}

const user = (...content: JsonObject[]): JsonObject => ({ role: "user", content });
const assistant = (...content: JsonObject[]): JsonObject => ({ role: "assistant", content });
const system = (...content: JsonObject[]): JsonObject => ({ role: "system", content });
const use: JsonObject = { type: "tool_use", id: "toolu_1", name: "Read", input: { path: "a" } };
const tool: JsonObject = { name: "Read", description: "Reads", input_schema: { type: "object", properties: {} } };
const text = (text: string): JsonObject => ({ type: "text", text });
const result = (fields: JsonObject): JsonObject => ({ type: "tool_result", tool_use_id: "toolu_1", ...fields });
const afterUse = (fields: JsonObject): JsonObject => ({
  messages: [user(text("go")), assistant(use), user(result(fields))],
});
const schema: JsonObject = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false,
};

export const probes: Readonly<Record<string, Probe>> = {
  model: { request: {}, has: ['"model":"acme-1"'], lacks: ["claude-test"] },
  messages: { request: { messages: [{ role: "user", content: "hello" }] }, has: ['{"role":"user","content":"hello"}'] },
  system: {
    request: { system: [text("x-anthropic-billing-header: cc_version=1"), text("Be"), text("brief")] },
    has: ['{"role":"system","content":"Be\\n\\nbrief"}'],
    lacks: ["x-anthropic"],
  },
  max_tokens: {
    request: { max_tokens: 128_000 },
    traits: { ...reasoningTraits, maxOutputTokens: 32_000 },
    has: ['"max_completion_tokens":32000'],
    lacks: ["128000"],
    note: /max_tokens 128000: sent as 32000/,
  },
  stream: { request: { stream: true }, has: ['"stream":true,"stream_options":{"include_usage":true}'] },
  temperature: { request: { temperature: 0.3 }, has: ['"temperature":0.3'] },
  top_p: { request: { top_p: 0.4 }, has: ['"top_p":0.4'] },
  top_k: { request: { top_k: 5 }, lacks: ["top_k"], note: /top_k: left out/ },
  stop_sequences: { request: { stop_sequences: ["END"] }, has: ['"stop":["END"]'], lacks: ["stop_sequences"] },
  tools: { request: { tools: [tool] }, has: ['"tools":[{"type":"function"'], lacks: ["input_schema"] },
  tool_choice: { request: { tools: [tool], tool_choice: { type: "any" } }, has: ['"tool_choice":"required"'] },
  "tool_choice.disable_parallel_tool_use": {
    request: { tools: [tool], tool_choice: { type: "auto", disable_parallel_tool_use: true } },
    has: ['"parallel_tool_calls":false'],
    lacks: ["disable_parallel"],
  },
  thinking: {
    request: { thinking: { type: "enabled", budget_tokens: 30_000 } },
    traits: reasoningTraits,
    has: ['"reasoning_effort":"high"'],
    lacks: ["budget_tokens", '"thinking"'],
  },
  "output_config.effort": {
    request: { output_config: { effort: "low" } },
    traits: reasoningTraits,
    has: ['"reasoning_effort":"low"'],
    lacks: ["output_config"],
  },
  "output_config.format": {
    request: { output_config: { format: { type: "json_schema", schema } } },
    has: ['"response_format":{"type":"json_schema","json_schema":{"name":"answer"', '"strict":true'],
    lacks: ["output_config"],
  },
  output_format: {
    request: { output_format: { type: "json_schema", schema } },
    has: ['"response_format"'],
    lacks: ["output_format"],
  },
  "output_config.task_budget": {
    request: { output_config: { task_budget: { total: 7 } } },
    lacks: ["task_budget"],
    note: /task_budget: left out/,
  },
  metadata: { request: { metadata: { user_id: "someone" } }, lacks: ["someone", "metadata", '"user":'] },
  cache_control: {
    request: {
      cache_control: { type: "ephemeral" },
      system: [{ ...text("S"), cache_control: { type: "ephemeral" } }],
      tools: [{ ...tool, cache_control: { type: "ephemeral" } }],
      messages: [user({ ...text("hi"), cache_control: { type: "ephemeral" } })],
    },
    lacks: ["cache_control", "ephemeral"],
  },
  ...Object.fromEntries(
    [
      "context_management",
      "safeguards",
      "tags",
      "betas",
      "service_tier",
      "inference_geo",
      "container",
      "speed",
      "fallbacks",
      "fallback_credit_token",
      "diagnostics",
      "billing_policy",
    ].map((field) => [
      field,
      {
        request: { [field]: ["probe"] },
        lacks: [field, "probe"],
        note: new RegExp(`^${field}: left out`),
      } satisfies Probe,
    ]),
  ),
  mcp_servers: { request: { mcp_servers: [{ type: "url", url: "https://example.com" }] } },
  "tools[].name": { request: { tools: [{ ...tool, name: "m".repeat(90) }] }, lacks: ["m".repeat(65)] },
  "tools[].description": { request: { tools: [tool] }, has: ['"description":"Reads"'] },
  "tools[].input_schema": {
    request: {
      tools: [{ ...tool, input_schema: { type: "object", properties: { a: { type: "array" } }, required: null } }],
    },
    traits: targetTraits({ schemaSubset: "openai" }),
    has: ['"parameters":{"type":"object","properties":{"a":{"type":"array","items":{}}}}'],
    note: /tool Read: schema adapted/,
  },
  "tools[].strict": { request: { tools: [{ ...tool, strict: true }] }, lacks: ["strict"] },
  "tools[].defer_loading": {
    request: {
      tools: [
        { ...tool, name: "ToolSearch" },
        { ...tool, name: "Hidden", defer_loading: true },
      ],
    },
    has: ["ToolSearch"],
    lacks: ["Hidden", "defer_loading"],
  },
  "tools[].type": { request: { tools: [{ type: "web_search_20250305", name: "web_search" }] } },
  DeferredToolPlaceholder: {
    request: { tools: [{ ...tool, name: "DeferredToolPlaceholder" }] },
    lacks: ["Placeholder", "tools"],
  },
  "system message between others": {
    request: { messages: [user(text("a")), { role: "system", content: "now" }, user(text("b"))] },
    has: ['{"role":"user","content":"a"},{"role":"system","content":"now"},{"role":"user","content":"b"}'],
  },
  text: {
    request: { messages: [user({ ...text("hi"), citations: [{ url: "u" }] })] },
    has: ['"hi"'],
    lacks: ["citations"],
  },
  image: {
    request: { messages: [user({ type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } })] },
    has: ['{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}'],
  },
  document: {
    request: {
      messages: [
        user({ type: "document", title: "T", source: { type: "base64", media_type: "application/pdf", data: "AAAA" } }),
      ],
    },
    traits: targetTraits({ hasFiles: true }),
    has: ['{"type":"file","file":{"filename":"T","file_data":"data:application/pdf;base64,AAAA"}}'],
  },
  search_result: {
    request: { messages: [user({ type: "search_result", title: "T", source: "S", content: [text("C")] })] },
    has: ['"T\\nS\\nC"'],
    lacks: ["search_result"],
  },
  tool_use: {
    request: afterUse({ content: "x" }),
    has: ['"tool_calls":[{"id":"toolu_1","type":"function"'],
    lacks: ["tool_use"],
  },
  tool_result: { request: afterUse({ content: "x" }), has: ['{"role":"tool","tool_call_id":"toolu_1","content":"x"}'] },
  "text beside a tool_result": {
    request: { messages: [user(text("go")), assistant(use), user(result({ content: "x" }), text("y"))] },
    traits: targetTraits({ hasUserAfterTool: false }),
    has: ['"content":"x"},{"role":"assistant","content":"Understood."},{"role":"user","content":"y"}'],
  },
  "tool_result.is_error": {
    request: afterUse({ content: "x", is_error: true }),
    has: ['"Error: x"'],
    lacks: ["is_error"],
  },
  "tool_result without content": { request: afterUse({}), has: ['"(no output)"'] },
  tool_reference: {
    request: {
      ...afterUse({ content: [{ type: "tool_reference", tool_name: "Hidden" }] }),
      tools: [
        { ...tool, name: "ToolSearch" },
        { ...tool, name: "Hidden", defer_loading: true },
      ],
    },
    has: ['"Tool Hidden is available now."', '"name":"Hidden"'],
    lacks: ["tool_reference"],
  },
  tool_addition: {
    request: {
      tools: [tool, { ...tool, name: "Late", defer_loading: true }, { ...tool, name: "ToolSearch" }],
      messages: [
        user(text("go")),
        system(
          { type: "tool_addition", tool: { type: "tool_reference", name: "Late" } },
          { type: "tool_addition", tool: { type: "tool_definition", definition: { ...tool, name: "Inline" } } },
        ),
      ],
    },
    has: ['"name":"Late"', '"name":"Inline"'],
    lacks: ["tool_addition", "tool_definition", '"role":"system"'],
  },
  tool_removal: {
    request: {
      tools: [tool, { ...tool, name: "Gone" }],
      messages: [user(text("go")), system({ type: "tool_removal", tool: { type: "tool_reference", name: "Gone" } })],
    },
    has: ['"name":"Read"'],
    lacks: ["Gone", "tool_removal"],
  },
  "clear_at of a system message": {
    request: {
      messages: [
        user(text("a")),
        { ...system(text("for the first turn only")), clear_at: "next_user_message" },
        assistant(text("b")),
        user(text("c")),
        { ...system(text("for this turn")), clear_at: "next_user_message" },
      ],
    },
    has: ['"for this turn"'],
    lacks: ["for the first turn only", "clear_at"],
  },
  "output_config of a system message": {
    request: {
      output_config: { effort: "low" },
      messages: [
        user(text("a")),
        { role: "system", output_config: { effort: "high" } },
        assistant(use),
        user(result({})),
      ],
    },
    traits: reasoningTraits,
    has: ['"reasoning_effort":"high"'],
    lacks: ["output_config", '"role":"system"'],
  },
  "thinking block": {
    request: {
      messages: [user(text("a")), assistant({ type: "thinking", thinking: "hm", signature: "sig" }, text("b"))],
    },
    lacks: ["hm", "sig", "thinking"],
  },
  redacted_thinking: {
    request: { messages: [user(text("a")), assistant({ type: "redacted_thinking", data: "secret" }, text("b"))] },
    lacks: ["secret", "thinking"],
  },
  compaction: {
    request: { messages: [assistant({ type: "compaction", content: "So far: a" }), user(text("b"))] },
    has: ['{"role":"assistant","content":"So far: a"},{"role":"user","content":"b"}'],
  },
  server_tool_use: {
    request: { messages: [assistant({ type: "server_tool_use", id: "s1", name: "web_search", input: {} }, text("b"))] },
    lacks: ["web_search", "s1"],
    note: /server_tool_use: left out/,
  },
  web_search_tool_result: {
    request: { messages: [assistant({ type: "web_search_tool_result", tool_use_id: "s1", content: [] }, text("b"))] },
    lacks: ["web_search", "s1"],
    note: /web_search_tool_result: left out/,
  },
  container_upload: {
    request: { messages: [user({ type: "container_upload", file_id: "file_1" }, text("b"))] },
    lacks: ["file_1"],
    note: /container_upload: left out/,
  },
  "assistant message at the end": {
    request: { messages: [user(text("a")), assistant(text("b"))] },
    traits: targetTraits({ hasPrefill: false }),
    has: ['{"role":"assistant","content":"b"},{"role":"user","content":"Continue."}'],
    note: /cannot go on from the assistant's last message/,
  },
  "neighbours of the assistant": {
    request: { messages: [user(text("a")), assistant(text("b")), assistant(use), user(text("c"))] },
    has: ['{"role":"assistant","content":"b","tool_calls":[{"id":"toolu_1"'],
  },
  "assistant turn without text or calls": {
    request: {
      messages: [user(text("a")), assistant({ type: "thinking", thinking: "hm", signature: "s" }), user(text("b"))],
    },
    lacks: ["assistant"],
    note: /without text or calls/,
  },
  "tool_use without tool_result": {
    request: { messages: [user(text("a")), assistant(use), user(text("b"))] },
    has: ['{"role":"tool","tool_call_id":"toolu_1","content":"(no result)"},{"role":"user","content":"b"}'],
    note: /without tool_result/,
  },
};
