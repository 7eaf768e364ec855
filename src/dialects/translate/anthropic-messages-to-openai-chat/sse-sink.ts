/**
 * Blocks as Anthropic's events. Text is put together by template: only what a provider sent goes through
 * JSON.stringify, because this runs once a token.
 */
import { formatSseEvent } from "../../sse.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { AnthropicError } from "./errors.ts";
import type { BlockSink, DeltaKind } from "./block-sink.ts";

export interface SseSink extends BlockSink {
  startMessage(message: JsonObject): void;
  endMessage(stopReason: string, stopSequence: string | null, usage: JsonObject): void;
  fail(error: AnthropicError, requestId: string): void;
  /** The events since the last call, as text. */
  take(): string;
}

const deltaHeads: Readonly<Record<DeltaKind, string>> = {
  text: '{"type":"text_delta","text":',
  thinking: '{"type":"thinking_delta","thinking":',
  tool: '{"type":"input_json_delta","partial_json":',
};

/** A sink that gathers events until they are taken. `onFirst` is called before the first block, for message_start. */
export function createSseSink(onFirst: () => void): SseSink {
  let text = "";
  let isStarted = false;

  function start(index: number, block: string): void {
    if (!isStarted) onFirst();
    text += formatSseEvent(
      "content_block_start",
      `{"type":"content_block_start","index":${index},"content_block":${block}}`,
    );
  }

  function delta(index: number, json: string): void {
    text += `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${json}}\n\n`;
  }

  return {
    startMessage(message) {
      isStarted = true;
      text += formatSseEvent("message_start", `{"type":"message_start","message":${JSON.stringify(message)}}`);
    },
    startProse: (kind, index) =>
      start(index, kind === "text" ? '{"type":"text","text":""}' : '{"type":"thinking","thinking":"","signature":""}'),
    startTool: (index, id, name) =>
      start(index, `{"type":"tool_use","id":${JSON.stringify(id)},"name":${JSON.stringify(name)},"input":{}}`),
    startRedacted: (index, data) => start(index, `{"type":"redacted_thinking","data":${JSON.stringify(data)}}`),
    delta: (kind, index, piece) => delta(index, `${deltaHeads[kind]}${JSON.stringify(piece)}}`),
    sign: (index, signature) => delta(index, `{"type":"signature_delta","signature":${JSON.stringify(signature)}}`),
    stop(index) {
      text += formatSseEvent("content_block_stop", `{"type":"content_block_stop","index":${index}}`);
    },
    endMessage(stopReason, stopSequence, usage) {
      const event = {
        type: "message_delta",
        delta: { stop_reason: stopReason, stop_sequence: stopSequence },
        usage,
      };
      text += formatSseEvent("message_delta", JSON.stringify(event));
      text += formatSseEvent("message_stop", '{"type":"message_stop"}');
    },
    fail(error, requestId) {
      text += formatSseEvent("error", JSON.stringify({ type: "error", error, request_id: requestId }));
    },
    take() {
      const taken = text;
      text = "";
      return taken;
    },
  };
}
