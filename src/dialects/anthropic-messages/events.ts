/**
 * The events of an Anthropic stream as a union, read from one SSE payload each.
 *
 * Reading is tolerant: what is unknown stays visible as `unknown`, a broken object as `malformed`, and nothing
 * throws. https://docs.anthropic.com/en/api/messages-streaming
 */
import { isJsonObject, parseJson, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { ownValue } from "../../core/json/own-value.ts";
import type { StreamedError } from "../answer-facts.ts";
import { readErrorOfName, readPayloadError } from "../openai-chat/errors.ts";
import { unframed } from "../sse.ts";
import { errorStatus } from "./error-status.ts";

export type AnthropicEvent =
  | { readonly kind: "message-start"; readonly message: JsonObject }
  | { readonly kind: "block-start"; readonly index: number; readonly block: JsonObject }
  | { readonly kind: "block-delta"; readonly index: number; readonly delta: BlockDelta }
  | { readonly kind: "block-stop"; readonly index: number }
  | { readonly kind: "message-delta"; readonly delta: JsonObject; readonly usage: JsonObject }
  | { readonly kind: "message-stop" }
  | { readonly kind: "ping" }
  | { readonly kind: "error"; readonly error: StreamedError }
  | { readonly kind: "unknown"; readonly type: string }
  | { readonly kind: "malformed" };

export type BlockDelta =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "thinking"; readonly thinking: string }
  | { readonly kind: "signature"; readonly signature: string }
  | { readonly kind: "input-json"; readonly json: string }
  | { readonly kind: "citation"; readonly citation: JsonObject }
  /** Text of a compaction summary and whatever comes later: kept as it came. */
  | { readonly kind: "other"; readonly delta: JsonObject };

const noEvent: AnthropicEvent = { kind: "unknown", type: "" };

/** The event that `data`, one payload of the stream, holds. `name`: the one that stood before it. */
export function readAnthropicEvent(data: string, name = ""): AnthropicEvent {
  const event = name === unframed ? noEvent : readPayload(data);
  const error = event.kind === "unknown" ? readErrorOfName(name, data) : null;
  return error === null ? event : { kind: "error", error };
}

function readPayload(data: string): AnthropicEvent {
  const event = parseJson(data);
  // A word instead of an object is what some proxies send as a sign of life or as the end.
  if (!isJsonObject(event)) return data.trimStart().startsWith("{") ? { kind: "malformed" } : noEvent;
  const type = toText(event["type"]);
  const error = readAnthropicError(event);
  if (error !== null) return { kind: "error", error };
  const reader = ownValue(readers, type);
  return reader === undefined ? { kind: "unknown", type } : reader(event);
}

/**
 * The error in an event or a body; null where it is none. Those without a `type`, or with their own (`server_error`), are other
 * servers' (LiteLLM, Alibaba, Z.ai, llama.cpp).
 */
export function readAnthropicError(body: JsonObject): StreamedError | null {
  const type = body["type"];
  const error = typeof type !== "string" || type.endsWith("error") ? readPayloadError(body) : null;
  return error === null ? null : { ...error, status: errorStatus(error.type) ?? error.status };
}

const readers: Readonly<Record<string, (event: JsonObject) => AnthropicEvent>> = {
  message_start: (event) => ({ kind: "message-start", message: toJsonObject(event["message"]) }),
  content_block_start: (event) => ({
    kind: "block-start",
    index: indexOf(event),
    block: toJsonObject(event["content_block"]),
  }),
  content_block_delta: (event) => ({
    kind: "block-delta",
    index: indexOf(event),
    delta: readDelta(toJsonObject(event["delta"])),
  }),
  content_block_stop: (event) => ({ kind: "block-stop", index: indexOf(event) }),
  message_delta: (event) => ({
    kind: "message-delta",
    delta: toJsonObject(event["delta"]),
    usage: toJsonObject(event["usage"]),
  }),
  message_stop: () => ({ kind: "message-stop" }),
  ping: () => ({ kind: "ping" }),
};

function readDelta(delta: JsonObject): BlockDelta {
  switch (delta["type"]) {
    case "text_delta":
      return { kind: "text", text: toText(delta["text"]) };
    case "thinking_delta":
      return { kind: "thinking", thinking: toText(delta["thinking"]) };
    case "signature_delta":
      return { kind: "signature", signature: toText(delta["signature"]) };
    case "input_json_delta":
      return { kind: "input-json", json: toText(delta["partial_json"]) };
    case "citations_delta":
      return { kind: "citation", citation: toJsonObject(delta["citation"]) };
    default:
      return { kind: "other", delta };
  }
}

function indexOf(event: JsonObject): number {
  return typeof event["index"] === "number" ? event["index"] : 0;
}
