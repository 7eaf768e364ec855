/** Requests as clients really send them: what mutations start from. */
import type { JsonObject } from "../../src/core/json/json.ts";

const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } };
const readTool = {
  name: "Read",
  description: "Reads a file.",
  input_schema: {
    type: "object",
    properties: { path: { type: "string" }, limit: { type: ["integer", "null"] } },
    required: ["path"],
  },
};

/** In the shape of Claude Code's own; `model` is filled in by the caller. */
export const anthropicRequests: readonly [JsonObject, ...JsonObject[]] = [
  {
    model: "",
    messages: [{ role: "user", content: "hello" }],
    max_tokens: 64,
    stream: true,
  },
  {
    model: "",
    messages: [
      { role: "user", content: [{ type: "text", text: "Read a.ts", cache_control: { type: "ephemeral" } }, image] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "I shall read it.", signature: "c2lnbmF0dXJl" },
          { type: "text", text: "Reading." },
          { type: "tool_use", id: "toolu_01", name: "Read", input: { path: "a.ts" } },
          { type: "tool_use", id: "toolu_02", name: "Read", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_01", content: [{ type: "text", text: "export {}" }, image] },
          { type: "tool_result", tool_use_id: "toolu_02", content: "no such file", is_error: true },
          { type: "text", text: "go on" },
        ],
      },
      { role: "system", content: "Be brief from here on." },
      { role: "user", content: "Thanks." },
    ],
    system: [
      { type: "text", text: "x-anthropic-billing-header: cc_version=2.1.330" },
      { type: "text", text: "You are a careful engineer.", cache_control: { type: "ephemeral", ttl: "1h" } },
    ],
    tools: [readTool, { type: "web_search_20250305", name: "web_search", max_uses: 3 }],
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
    metadata: { user_id: '{"device_id":"d","account_uuid":"","session_id":"s"}' },
    max_tokens: 32_000,
    thinking: { type: "adaptive", display: "omitted" },
    output_config: { effort: "high" },
    context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
    stop_sequences: ["END"],
    temperature: 1,
    stream: false,
  },
];

/** In OpenAI's dialect. */
export const openaiRequests: readonly [JsonObject, ...JsonObject[]] = [
  { model: "", messages: [{ role: "user", content: "hello" }], stream: true, stream_options: { include_usage: true } },
  {
    model: "",
    messages: [
      { role: "developer", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "Read" },
          { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
        ],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "call_1", type: "function", function: { name: "Read", arguments: '{"path":"a.ts"}' } }],
      },
      { role: "tool", tool_call_id: "call_1", content: "export {}" },
    ],
    tools: [
      {
        type: "function",
        function: {
          name: "Read",
          parameters: { type: "object", properties: { path: { type: "string" } } },
          strict: true,
        },
      },
    ],
    tool_choice: "auto",
    parallel_tool_calls: false,
    max_completion_tokens: 500,
    reasoning_effort: "low",
    response_format: { type: "json_schema", json_schema: { name: "a", schema: { type: "object" } } },
    stop: ["END"],
    n: 1,
  },
];
