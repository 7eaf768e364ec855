/** A streamed chat answer piece by piece, and the events that an Anthropic client gets for it. */
import { parseJson, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { SseReader } from "../../sse.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { AnswerContext, StreamTranslator } from "../../translation.ts";

export const context: AnswerContext = {
  askedModel: "claude-x",
  traits: defaultTraits({ provider: "acme", model: "m" }),
  request: { stop_sequences: ["END"] },
  createdAtSeconds: 0,
  callId: "req_00ff",
  estimatedInputTokens: 77,
  keyHolder: null,
};

export const bytes = (payload: JsonObject | string): Buffer =>
  Buffer.from(`data: ${typeof payload === "string" ? payload : JSON.stringify(payload)}\n\n`);

export const delta = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: "c",
  model: "m-1",
  choices: [{ index: 0, delta, finish_reason: finish }],
});

export const tool = (index: number, fields: JsonObject): JsonObject => delta({ tool_calls: [{ index, ...fields }] });

export function eventsOf(text: string): JsonObject[] {
  const events: JsonObject[] = [];
  const reader = new SseReader((data) => events.push(toJsonObject(parseJson(data))));
  reader.push(Buffer.from(text));
  reader.end();
  return events;
}

/** Kinds of the events for one payload, short. */
export function push(stream: StreamTranslator, payload: JsonObject | string): string[] {
  return eventsOf(stream.push(bytes(payload))).map(shorten);
}

export function shorten(event: JsonObject): string {
  const type = (event["type"] as string).replace("content_block_", "");
  const part = toJsonObject(event["delta"] ?? event["content_block"] ?? event["error"]);
  const text = part["text"] ?? part["thinking"] ?? part["partial_json"] ?? part["name"] ?? part["stop_reason"];
  const words = [type, event["index"], text] as (string | number | undefined)[];
  return words.filter((word) => word !== undefined && word !== "").join(" ");
}
