/** The events of a simulated stream, ready to send: each in its own HTTP chunk, as providers send them. */

export interface StreamEvents {
  /** Sent at once: the answer's head, message_start and content_block_start. */
  readonly opening: Buffer;
  /** Sent again and again at the stream's rate. */
  readonly delta: Buffer;
  /** content_block_stop, message_delta with usage, message_stop, and the end of the body. */
  readonly closing: Buffer;
}

/** Events that open and close a stream, besides its deltas. */
export const openingEventCount = 2;
export const closingEventCount = 3;

const head =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n" +
  "request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n";

export const messageStream: StreamEvents = {
  opening: Buffer.from(
    head +
      chunk(
        event("message_start", {
          message: {
            id: "msg_01BenchStream000000000000",
            type: "message",
            role: "assistant",
            model: "claude-opus-5",
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: 212, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
          },
        }),
      ) +
      chunk(event("content_block_start", { index: 0, content_block: { type: "text", text: "" } })),
  ),
  delta: Buffer.from(
    chunk(
      event("content_block_delta", { index: 0, delta: { type: "text_delta", text: " and here are a few words more" } }),
    ),
  ),
  closing: Buffer.from(
    chunk(event("content_block_stop", { index: 0 })) +
      chunk(
        event("message_delta", {
          delta: { stop_reason: "end_turn", stop_sequence: null },
          usage: { input_tokens: 212, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 480 },
        }),
      ) +
      chunk(event("message_stop", {})) +
      "0\r\n\r\n",
  ),
};

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}
