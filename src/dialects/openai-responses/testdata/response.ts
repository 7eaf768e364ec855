/** A response, whole and as the events that tell it; shared by the tests of its translation. */
import type OpenAI from "openai";
import { toText } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { toChatCompletion } from "../answer.ts";
import { ResponsesStream } from "../stream.ts";
import { foldStream } from "../../reshape.ts";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;

export const usage: JsonObject = {
  input_tokens: 1000,
  input_tokens_details: { cached_tokens: 800, cache_write_tokens: 0 },
  output_tokens: 90,
  output_tokens_details: { reasoning_tokens: 50 },
  total_tokens: 1090,
};
export const reasoning: JsonObject = {
  type: "reasoning",
  id: "rs_1",
  summary: [
    { type: "summary_text", text: "First." },
    { type: "summary_text", text: "Second." },
  ],
  encrypted_content: "gAAA",
};
export const message: JsonObject = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "I read ‘ä’.", annotations: [] }],
};
export const call: JsonObject = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "Read",
  arguments: '{"path":"a"}',
  status: "completed",
};
export const response: JsonObject = {
  id: "resp_1",
  object: "response",
  created_at: 1_700_000_000,
  model: "gpt-6-sol-2026-10-01",
  service_tier: "default",
  status: "completed",
  error: null,
  incomplete_details: null,
  output: [reasoning, message, call],
  usage,
};

/** The events that tell `response`, each part of a text by a few letters. */
export function eventsOf(): JsonObject[] {
  return [
    { type: "response.created", response: { ...response, status: "in_progress", output: [], usage: null } },
    { type: "keepalive" },
    { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", id: "rs_1", summary: [] } },
    { type: "response.reasoning_summary_part.added", item_id: "rs_1", output_index: 0, summary_index: 0 },
    { type: "response.reasoning_summary_text.delta", item_id: "rs_1", output_index: 0, summary_index: 0, delta: "Fir" },
    { type: "response.reasoning_summary_text.delta", item_id: "rs_1", output_index: 0, summary_index: 0, delta: "st." },
    { type: "response.reasoning_summary_part.added", item_id: "rs_1", output_index: 0, summary_index: 1 },
    {
      type: "response.reasoning_summary_text.delta",
      item_id: "rs_1",
      output_index: 0,
      summary_index: 1,
      delta: "Second.",
    },
    { type: "response.output_item.done", output_index: 0, item: reasoning },
    { type: "response.output_item.added", output_index: 1, item: { ...message, content: [] } },
    { type: "response.output_text.delta", item_id: "msg_1", output_index: 1, content_index: 0, delta: "I read" },
    { type: "response.output_text.delta", item_id: "msg_1", output_index: 1, content_index: 0, delta: " ‘ä’." },
    { type: "response.output_item.done", output_index: 1, item: message },
    { type: "response.output_item.added", output_index: 2, item: { ...call, arguments: "" } },
    { type: "response.function_call_arguments.delta", output_index: 2, delta: '{"path"' },
    { type: "response.function_call_arguments.delta", output_index: 2, delta: ':"a"}' },
    { type: "response.output_item.done", output_index: 2, item: call },
    { type: "response.completed", response },
  ];
}

/** Types of events are OpenAI's own, but for the signs of life, which its types do not know. */
export const knownTypes: readonly (StreamEvent["type"] | "keepalive")[] = [
  "response.created", "response.output_item.added", "response.reasoning_summary_part.added",
  "response.reasoning_summary_text.delta", "response.output_item.done", "response.output_text.delta",
  "response.function_call_arguments.delta", "response.completed", "keepalive",
]; // prettier-ignore

export function sse(events: readonly JsonObject[]): Buffer {
  return Buffer.from(
    events.map((event) => `event: ${toText(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`).join(""),
  );
}

export function textOf(events: readonly JsonObject[], asksUsage = true): string {
  const stream = new ResponsesStream("openai", asksUsage);
  return stream.push(sse(events)) + stream.end();
}

export function chunksOf(events: readonly JsonObject[], asksUsage = true): JsonObject[] {
  const lines = textOf(events, asksUsage)
    .split("\n\n")
    .filter((line) => line !== "" && line !== "data: [DONE]");
  return lines.map((line) => JSON.parse(line.slice("data: ".length)) as JsonObject);
}

export function whole(more: JsonObject = {}): JsonObject {
  const bytes = toChatCompletion(Buffer.from(JSON.stringify({ ...response, ...more })), "openai");
  return JSON.parse(bytes.toString()) as JsonObject;
}

/** The text and the calls of a stream's chunks. */
export function saidIn(events: readonly JsonObject[]): { readonly text: string; readonly calls: readonly unknown[] } {
  const folded = foldStream("openai-chat", Buffer.from(textOf(events))).whole;
  const { content, tool_calls } = (folded!["choices"] as JsonObject[])[0]!["message"] as JsonObject;
  const calls = ((tool_calls ?? []) as JsonObject[]).map(({ id, function: called }) => [
    id,
    (called as JsonObject)["arguments"],
  ]);
  return { text: toText(content), calls };
}

export const done: JsonObject = { type: "response.completed", response };
