/** Answers as providers really send them: what mutations start from. Streams are lists of event payloads. */
import type { Dialect } from "../../src/core/dialect.ts";
import type { JsonObject } from "../../src/core/json/json.ts";

export interface BaseAnswer {
  readonly whole: JsonObject;
  readonly events: readonly JsonObject[];
}

const anthropicUsage = {
  input_tokens: 20,
  cache_creation_input_tokens: 5,
  cache_read_input_tokens: 7,
  output_tokens: 1,
};

const message: JsonObject = {
  id: "msg_01",
  type: "message",
  role: "assistant",
  model: "fuzz",
  content: [
    { type: "thinking", thinking: "Let me see.", signature: "c2ln" },
    { type: "text", text: "Hello." },
    { type: "tool_use", id: "toolu_01", name: "Read", input: { path: "a.ts" } },
  ],
  stop_reason: "tool_use",
  stop_sequence: null,
  usage: { ...anthropicUsage, output_tokens: 30 },
};

const anthropicEvents: readonly JsonObject[] = [
  { type: "message_start", message: { ...message, content: [], stop_reason: null, usage: anthropicUsage } },
  { type: "ping" },
  { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Let me see." } },
  { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "c2ln" } },
  { type: "content_block_stop", index: 0 },
  { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "Hel" } },
  { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "lo — ünïcode 👋" } },
  { type: "content_block_stop", index: 1 },
  {
    type: "content_block_start",
    index: 2,
    content_block: { type: "tool_use", id: "toolu_01", name: "Read", input: {} },
  },
  { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '{"path":' } },
  { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '"a.ts"}' } },
  { type: "content_block_stop", index: 2 },
  { type: "message_delta", delta: { stop_reason: "tool_use", stop_sequence: null }, usage: { output_tokens: 30 } },
  { type: "message_stop" },
];

const chatUsage = {
  prompt_tokens: 32,
  completion_tokens: 30,
  total_tokens: 62,
  prompt_tokens_details: { cached_tokens: 7 },
};

const completion: JsonObject = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_790_000_000,
  model: "fuzz",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: "Hello.",
        reasoning_content: "Let me see.",
        tool_calls: [{ id: "call_1", type: "function", function: { name: "Read", arguments: '{"path":"a.ts"}' } }],
      },
      finish_reason: "tool_calls",
    },
  ],
  usage: chatUsage,
};

function chunk(delta: JsonObject, finish: string | null = null): JsonObject {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "fuzz",
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

const openaiEvents: readonly JsonObject[] = [
  chunk({ role: "assistant", content: "" }),
  chunk({ reasoning_content: "Let me " }),
  chunk({ reasoning_content: "see." }),
  chunk({ content: "Hel" }),
  chunk({ content: "lo — ünïcode 👋" }),
  chunk({ tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "Read", arguments: "" } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"path":' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '"a.ts"}' } }] }),
  chunk({ tool_calls: [{ index: 1, id: "call_2", type: "function", function: { name: "Read", arguments: "{}" } }] }),
  chunk({}, "tool_calls"),
  {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "fuzz",
    choices: [],
    usage: chatUsage,
  },
];

export const baseAnswers: Readonly<Record<Dialect, BaseAnswer>> = {
  "anthropic-messages": { whole: message, events: anthropicEvents },
  "openai-chat": { whole: completion, events: openaiEvents },
};

/** A stream's bytes in the dialect's own framing. */
export function renderEvents(dialect: Dialect, events: readonly JsonObject[]): string {
  if (dialect === "openai-chat") {
    return `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`;
  }
  return events.map((event) => `event: ${event["type"] as string}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}
