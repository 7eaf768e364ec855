/**
 * A whole answer out of a stream or a body, in either dialect, by the plainest code that does it: the judge
 * shares nothing with the program's own folds.
 */
import { parseJson, toJsonArray, toJsonObject } from "../../../src/core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../src/core/json/json.ts";
import { plain } from "./plain.ts";
import type { SseEvent } from "./sse-text.ts";

export interface FoldedTool {
  readonly id: JsonValue;
  readonly name: JsonValue;
  /** The parsed arguments, undefined where they are no JSON. */
  readonly input: JsonValue | undefined;
  readonly raw: string;
}

export interface FoldedAnswer {
  readonly id: JsonValue;
  readonly text: string;
  readonly thinking: string;
  /** Blocks in order; empty text and thinking left out. */
  readonly blocks: readonly JsonObject[];
  readonly tools: readonly FoldedTool[];
  /** Indices of `tool_calls` as they first appeared (OpenAI). */
  readonly toolCallIndices: readonly number[];
  readonly stopReason: JsonValue;
  readonly usage: JsonObject | null;
  readonly error: { readonly type: string; readonly message: string } | null;
}

export function foldAnthropicBody(body: JsonObject): FoldedAnswer {
  const blocks = toJsonArray(body["content"]).map((block) => ({ ...toJsonObject(block) }));
  return finish(body["id"] ?? null, blocks, body["stop_reason"] ?? null, body["usage"], errorOf(body));
}

export function foldAnthropicStream(events: readonly SseEvent[]): FoldedAnswer {
  let id: JsonValue = null;
  let stopReason: JsonValue = null;
  let usage: JsonObject | undefined;
  let error: FoldedAnswer["error"] = null;
  const blocks: JsonObject[] = [];
  const open = new Map<JsonValue | undefined, JsonObject>();
  for (const { data } of events) {
    const event = toJsonObject(parseJson(data));
    const type = event["type"];
    if (type === "message_start") {
      const message = toJsonObject(event["message"]);
      id = message["id"] ?? null;
      usage = { ...usage, ...toJsonObject(message["usage"]) };
    } else if (type === "content_block_start") {
      const block = { ...toJsonObject(event["content_block"]) };
      blocks.push(block);
      open.set(event["index"], block);
    } else if (type === "content_block_delta") {
      addDelta(open.get(event["index"]), toJsonObject(event["delta"]));
    } else if (type === "message_delta") {
      stopReason = toJsonObject(event["delta"])["stop_reason"] ?? stopReason;
      usage = { ...usage, ...toJsonObject(event["usage"]) };
    } else if (type === "error") {
      error = errorOf(event);
    }
  }
  return finish(id, blocks, stopReason, usage, error);
}

function addDelta(block: JsonObject | undefined, delta: JsonObject): void {
  if (block === undefined) return;
  const append = (field: string, value: JsonValue | undefined): void => {
    block[field] = `${typeof block[field] === "string" ? block[field] : ""}${plain(value)}`;
  };
  if (delta["type"] === "text_delta") append("text", delta["text"]);
  if (delta["type"] === "thinking_delta") append("thinking", delta["thinking"]);
  if (delta["type"] === "signature_delta") append("signature", delta["signature"]);
  if (delta["type"] === "input_json_delta") append("partial", delta["partial_json"]);
}

export function foldOpenAiBody(body: JsonObject): FoldedAnswer {
  const choice = toJsonObject(toJsonArray(body["choices"])[0]);
  const message = toJsonObject(choice["message"]);
  const blocks = openAiBlocks(message, toJsonArray(message["tool_calls"]).map(toJsonObject));
  return finish(body["id"] ?? null, blocks, choice["finish_reason"] ?? null, body["usage"], errorOf(body));
}

export function foldOpenAiStream(events: readonly SseEvent[]): FoldedAnswer {
  let id: JsonValue = null;
  let finishReason: JsonValue = null;
  let usage: JsonValue | undefined;
  let error: FoldedAnswer["error"] = null;
  const message: Record<string, string> = {};
  const calls = new Map<number, JsonObject>();
  for (const chunk of events.filter(({ data }) => data !== "[DONE]").map(({ data }) => toJsonObject(parseJson(data)))) {
    id ??= chunk["id"] ?? null;
    usage = chunk["usage"] ?? usage;
    error = errorOf(chunk) ?? error;
    const choice = toJsonObject(toJsonArray(chunk["choices"])[0]);
    finishReason = choice["finish_reason"] ?? finishReason;
    const delta = toJsonObject(choice["delta"]);
    for (const field of ["content", "reasoning_content", "reasoning"]) {
      if (typeof delta[field] === "string") message[field] = (message[field] ?? "") + delta[field];
    }
    for (const call of toJsonArray(delta["tool_calls"]).map(toJsonObject)) addToolCall(calls, call);
  }
  const folded = finish(id, openAiBlocks(message, [...calls.values()]), finishReason, usage, error);
  return { ...folded, toolCallIndices: [...calls.keys()] };
}

function addToolCall(calls: Map<number, JsonObject>, call: JsonObject): void {
  const index = Number(call["index"]);
  const piece = toJsonObject(call["function"]);
  const known = calls.get(index) ?? { id: null, function: { name: null, arguments: "" } };
  const knownFunction = toJsonObject(known["function"]);
  calls.set(index, {
    id: call["id"] ?? known["id"] ?? null,
    function: {
      name: piece["name"] ?? knownFunction["name"] ?? null,
      arguments: `${plain(knownFunction["arguments"])}${typeof piece["arguments"] === "string" ? piece["arguments"] : ""}`,
    },
  });
}

function openAiBlocks(message: JsonObject, calls: readonly JsonObject[]): JsonObject[] {
  const thinking = message["reasoning_content"] ?? message["reasoning"] ?? "";
  const blocks: JsonObject[] = [
    { type: "thinking", thinking },
    { type: "text", text: message["content"] ?? "" },
  ];
  for (const call of calls) {
    const { name, arguments: raw } = toJsonObject(call["function"]);
    blocks.push({ type: "tool_use", id: call["id"], name, partial: typeof raw === "string" ? raw : "" });
  }
  return blocks;
}

function finish(
  id: JsonValue,
  blocks: readonly JsonObject[],
  stopReason: JsonValue,
  usage: JsonValue | undefined,
  error: FoldedAnswer["error"],
): FoldedAnswer {
  const closed = blocks.map(closeBlock).filter((block) => block["text"] !== "" && !isEmptyThinking(block));
  const joined = (type: string, field: string): string =>
    closed
      .filter((block) => block["type"] === type && typeof block[field] === "string")
      .map((block) => plain(block[field]))
      .join("");
  return {
    id,
    text: joined("text", "text"),
    thinking: joined("thinking", "thinking"),
    blocks: closed.map((block) => {
      const shown = { ...block };
      delete shown["raw"];
      return shown;
    }),
    tools: closed
      .filter((block) => block["type"] === "tool_use")
      .map((block) => ({
        id: block["id"] ?? null,
        name: block["name"] ?? null,
        input: block["input"],
        raw: plain(block["raw"]),
      })),
    toolCallIndices: [],
    stopReason,
    usage: usage === undefined || usage === null ? null : toJsonObject(usage),
    error,
  };
}

/** Parses a tool's joined arguments; an empty string stands for no arguments. */
function closeBlock(block: JsonObject): JsonObject {
  const { partial, ...rest } = block;
  if (typeof partial !== "string") return { ...rest, raw: JSON.stringify(rest["input"] ?? {}) };
  if (partial === "") return { ...rest, input: rest["input"] ?? {}, raw: "{}" };
  return { ...rest, input: parseJson(partial), raw: partial };
}

function isEmptyThinking(block: JsonObject): boolean {
  return block["type"] === "thinking" && block["thinking"] === "";
}

function errorOf(body: JsonObject): FoldedAnswer["error"] {
  if (body["error"] === undefined || body["error"] === null) return null;
  const error = toJsonObject(body["error"]);
  return { type: plain(error["type"] ?? ""), message: plain(error["message"] ?? "") };
}
