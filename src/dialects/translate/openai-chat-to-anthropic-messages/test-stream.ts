/** A streamed Anthropic answer event by event, and what an OpenAI client gets for it. */
import type { JsonObject } from "../../../core/json/json.ts";
import { formatSseEvent } from "../../sse.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { AnswerContext } from "../../translation.ts";
import { openaiChatToAnthropicMessages as pair } from "./pair.ts";

export function contextOf(request: JsonObject): AnswerContext {
  return {
    askedModel: "asked",
    traits: defaultTraits({ provider: "target", model: "target-model" }),
    request,
    createdAtSeconds: 1_700_000_000,
    callId: "req_1",
    estimatedInputTokens: 9,
    keyHolder: null,
  };
}

export const withUsage: AnswerContext = contextOf({ stream_options: { include_usage: true } });

export const start = {
  type: "message_start",
  message: {
    id: "msg_1",
    model: "target-model",
    usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 },
  },
};

export const blockStart = (index: number, block: JsonObject): JsonObject => ({
  type: "content_block_start",
  index,
  content_block: block,
});

export const blockDelta = (index: number, delta: JsonObject): JsonObject => ({
  type: "content_block_delta",
  index,
  delta,
});

export const blockStop = (index: number): JsonObject => ({ type: "content_block_stop", index });

export const end = (stopReason: string, fields: JsonObject = {}): JsonObject[] => [
  { type: "message_delta", delta: { stop_reason: stopReason, ...fields }, usage: { output_tokens: 7 } },
  { type: "message_stop" },
];

export const textBlock = (index: number, text: string): JsonObject[] => [
  blockStart(index, { type: "text", text: "" }),
  blockDelta(index, { type: "text_delta", text }),
  blockStop(index),
];

export function bytesOf(events: readonly JsonObject[]): Buffer {
  const text = events.map((event) =>
    formatSseEvent(typeof event["type"] === "string" ? event["type"] : "", JSON.stringify(event)),
  );
  return Buffer.from(text.join(""));
}

/** Payloads that the client gets for a provider's events. */
export function translate(events: readonly JsonObject[], context: AnswerContext = withUsage): string[] {
  const translator = pair.stream(context);
  const text = translator.push(bytesOf(events)) + translator.end();
  return text
    .split("\n\n")
    .filter((line) => line !== "")
    .map((line) => line.slice("data: ".length));
}

export const message: JsonObject = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "target-model",
  content: [
    { type: "thinking", thinking: "hm", signature: "sig" },
    { type: "text", text: "Hi " },
    {
      type: "text",
      text: "you",
      citations: [{ type: "page_location", cited_text: "c" }, { url: "https://b.example" }],
    },
    { type: "tool_use", id: "t1", name: "f", input: { a: 1 } },
  ],
  stop_reason: "tool_use",
  usage: { input_tokens: 3, cache_creation_input_tokens: 4, output_tokens: 5 },
};
