/**
 * Blocks as Anthropic's events. Text is put together by template: only what a provider sent goes through
 * JSON.stringify, because this runs once a token.
 */
import { formatSseEvent } from "../../sse.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import type { AnthropicError } from "./errors.ts";
import type { BlockSink, DeltaKind } from "./block-sink.ts";

const deltaHeads: Readonly<Record<DeltaKind, string>> = {
  text: '{"type":"text_delta","text":',
  thinking: '{"type":"thinking_delta","thinking":',
  tool: '{"type":"input_json_delta","partial_json":',
};

/** A sink that gathers events until they are taken. */
export class SseSink implements BlockSink {
  readonly #onFirst: () => void;
  #text = "";
  #isStarted = false;

  /** `onFirst` is called before the first block, for message_start. */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
  }

  startMessage(message: JsonObject): void {
    this.#isStarted = true;
    this.#text += formatSseEvent("message_start", `{"type":"message_start","message":${JSON.stringify(message)}}`);
  }

  startProse(kind: "text" | "thinking", index: number): void {
    this.#start(
      index,
      kind === "text" ? '{"type":"text","text":""}' : '{"type":"thinking","thinking":"","signature":""}',
    );
  }

  startTool(index: number, id: string, name: string): void {
    this.#start(index, `{"type":"tool_use","id":${JSON.stringify(id)},"name":${JSON.stringify(name)},"input":{}}`);
  }

  startRedacted(index: number, data: string): void {
    this.#start(index, `{"type":"redacted_thinking","data":${JSON.stringify(data)}}`);
  }

  delta(kind: DeltaKind, index: number, piece: string): void {
    this.#delta(index, `${deltaHeads[kind]}${JSON.stringify(piece)}}`);
  }

  sign(index: number, signature: string): void {
    this.#delta(index, `{"type":"signature_delta","signature":${JSON.stringify(signature)}}`);
  }

  stop(index: number): void {
    this.#text += formatSseEvent("content_block_stop", `{"type":"content_block_stop","index":${index}}`);
  }

  endMessage(stopReason: string, stopSequence: string | null, usage: JsonObject): void {
    const delta = { stop_reason: stopReason, stop_sequence: stopSequence };
    this.#text += formatSseEvent("message_delta", JSON.stringify({ type: "message_delta", delta, usage }));
    this.#text += formatSseEvent("message_stop", '{"type":"message_stop"}');
  }

  fail(error: AnthropicError, requestId: string): void {
    this.#text += formatSseEvent("error", JSON.stringify({ type: "error", error, request_id: requestId }));
  }

  /** The events since the last call, as text. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  #start(index: number, block: string): void {
    if (!this.#isStarted) this.#onFirst();
    this.#text += formatSseEvent(
      "content_block_start",
      `{"type":"content_block_start","index":${index},"content_block":${block}}`,
    );
  }

  #delta(index: number, json: string): void {
    this.#text += `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${json}}\n\n`;
  }
}
