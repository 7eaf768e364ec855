/** Where the error stands in the events of a stream. Pure. */
import type { Dialect } from "../core/dialect.ts";
import { readAnthropicEvent } from "./anthropic-messages/events.ts";
import { ChatReader } from "./openai-chat/events.ts";
import { SseReader } from "./sse.ts";

/** What ends an event, if it follows a line: two line ends, of which CR LF is one. */
const blankLine = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)/g;

/** Offset of the first event in `events` that tells an error; null where none does. The last one may lack its end. */
export function errorEventStart(dialect: Dialect, events: Uint8Array): number | null {
  const bytes = Buffer.from(events.buffer, events.byteOffset, events.byteLength);
  const ends = [...bytes.toString("latin1").matchAll(blankLine)].map(({ index, 0: blank }) => index + blank.length);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    if (holdsError(dialect, bytes.subarray(start, end))) return start;
    start = end;
  }
  return null;
}

function holdsError(dialect: Dialect, event: Buffer): boolean {
  let isError = false;
  const chat = new ChatReader(({ kind }) => {
    isError ||= kind === "error";
  });
  const reader = new SseReader((data, name) => {
    if (dialect === "openai-chat") chat.readPayload(data, name);
    else isError ||= readAnthropicEvent(data, name).kind === "error";
  });
  reader.push(event);
  reader.end();
  return isError;
}
