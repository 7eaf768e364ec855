/** An anthropic-messages stream folded into the message that a client ends up with. */
import { isJsonObject, parseJson, toJsonObject, toTextOrNull } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { textOrJson } from "../text-or-json.ts";

export interface FoldedMessage {
  readonly id: string;
  readonly model: string;
  /** Blocks as they go back into the conversation. */
  readonly content: readonly JsonObject[];
  readonly stopReason: string | null;
  /** Usage of `message_start`, overlaid by that of `message_delta`. */
  readonly usage: JsonObject;
  /** Types of all events, in order. */
  readonly events: readonly string[];
  /** Whether `message_stop` came. */
  readonly isComplete: boolean;
  /** The `error` event's content, if one came. */
  readonly error: JsonObject | null;
}

/** Folds the text of a whole stream, with or without its end. */
export function foldAnthropicStream(text: string): FoldedMessage {
  const fold = new Fold();
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (!line.startsWith("data:")) continue;
    const event = parseJson(line.slice(5));
    if (isJsonObject(event)) fold.add(event);
  }
  return fold.message();
}

class Fold {
  #start: JsonObject = {};
  #usage: JsonObject = {};
  #stopReason: string | null = null;
  #error: JsonObject | null = null;
  readonly #blocks: JsonObject[] = [];
  readonly #inputs = new Map<number, string>();
  readonly #events: string[] = [];

  add(event: JsonObject): void {
    const type = textOrJson(event["type"]);
    this.#events.push(type);
    const index = Number(event["index"] ?? -1);
    if (type === "message_start") {
      this.#start = toJsonObject(event["message"]);
      this.#usage = toJsonObject(this.#start["usage"]);
    } else if (type === "content_block_start") this.#blocks[index] = { ...toJsonObject(event["content_block"]) };
    else if (type === "content_block_delta") this.#addDelta(index, toJsonObject(event["delta"]));
    else if (type === "content_block_stop") this.#closeBlock(index);
    else if (type === "message_delta") this.#addEnd(event);
    else if (type === "error") this.#error = toJsonObject(event["error"]);
  }

  message(): FoldedMessage {
    return {
      id: textOrJson(this.#start["id"]),
      model: textOrJson(this.#start["model"]),
      content: this.#blocks,
      stopReason: this.#stopReason,
      usage: this.#usage,
      events: this.#events,
      isComplete: this.#events.includes("message_stop"),
      error: this.#error,
    };
  }

  #addDelta(index: number, delta: JsonObject): void {
    const block = this.#blocks[index];
    if (block === undefined) return;
    if (delta["type"] === "input_json_delta") {
      this.#inputs.set(index, (this.#inputs.get(index) ?? "") + textOrJson(delta["partial_json"]));
      return;
    }
    for (const field of ["text", "thinking", "signature"]) {
      if (delta[field] !== undefined) block[field] = textOrJson(block[field]) + textOrJson(delta[field]);
    }
  }

  #closeBlock(index: number): void {
    const input = this.#inputs.get(index);
    const block = this.#blocks[index];
    if (block !== undefined && input !== undefined) block["input"] = toJsonObject(parseJson(input));
  }

  #addEnd(event: JsonObject): void {
    this.#stopReason = toTextOrNull(toJsonObject(event["delta"])["stop_reason"]);
    this.#usage = { ...this.#usage, ...toJsonObject(event["usage"]) };
  }
}
