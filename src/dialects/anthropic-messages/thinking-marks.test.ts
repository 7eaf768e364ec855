import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSseEvent } from "../sse.ts";
import { markOf } from "./thinking-marks.ts";
import { createAnthropicMessagesWatch } from "./watch.ts";

const event = (type: string, fields: object): string => formatSseEvent(type, JSON.stringify({ type, ...fields }));
const start = (index: number, content_block: object): string => event("content_block_start", { index, content_block });
const delta = (index: number, fields: object): string => event("content_block_delta", { index, delta: fields });
const sign = (index: number, signature: string): string => delta(index, { type: "signature_delta", signature });
const stop = (index: number): string => event("content_block_stop", { index });

const stream = [
  event("message_start", { message: { id: "m", model: "x" } }),
  start(0, { type: "thinking", thinking: "", signature: "" }),
  delta(0, { type: "thinking_delta", thinking: "Hm" }),
  sign(0, "abc/+"),
  stop(0),
  start(1, { type: "redacted_thinking", data: "secret" }),
  stop(1),
  start(2, { type: "thinking", thinking: "", signature: "" }),
  sign(2, "in "),
  sign(2, "parts"),
  stop(2),
  start(3, { type: "thinking", thinking: "unsigned", signature: "" }),
  stop(3),
  start(4, { type: "text", text: "" }),
  delta(4, { type: "text_delta", text: "Done" }),
  stop(4),
  event("message_stop", {}),
].join("");

const marks = ["abc/+", "secret", "in parts"].map(markOf);

function marksOf(isStreaming: boolean, pieces: readonly string[]): readonly string[] | undefined {
  const watch = createAnthropicMessagesWatch(isStreaming, true);
  for (const piece of pieces) watch.push(Buffer.from(piece));
  return watch.facts().thinkingMarks?.list();
}

test("the marks of a stream are those of its signatures, wherever it was cut and however it is spelled", () => {
  assert.deepEqual(marksOf(true, [stream]), marks);
  for (let at = 1; at < stream.length; at += 7) {
    assert.deepEqual(marksOf(true, [stream.slice(0, at), stream.slice(at)]), marks);
  }
  assert.deepEqual(marksOf(true, [stream.replace("abc/+", "abc\\/+")]), marks);
  assert.deepEqual(marksOf(true, [stream.replaceAll('"index":', '"index": ')]), marks);
});

test("a whole message has the same marks", () => {
  const content = [
    { type: "thinking", thinking: "Hm", signature: "abc/+" },
    { type: "redacted_thinking", data: "secret" },
    { type: "thinking", thinking: "", signature: "in parts" },
    { type: "thinking", thinking: "unsigned", signature: "" },
    { type: "text", text: "Done" },
  ];
  assert.deepEqual(marksOf(false, [JSON.stringify({ type: "message", content })]), marks);
});

test("nothing is marked where nobody asks", () => {
  const watch = createAnthropicMessagesWatch(true);
  watch.push(Buffer.from(stream));
  assert.equal(watch.facts().thinkingMarks, undefined);
});

test("a signature without end takes no more memory than long ones, and is no mark; the next one is", () => {
  const watch = createAnthropicMessagesWatch(true, true);
  const push = (text: string): void => watch.push(Buffer.from(text));
  push(start(0, { type: "thinking", thinking: "", signature: "" }));
  for (let count = 0; count < 400; count++) push(sign(0, "x".repeat(1_000)));
  push(stop(0) + start(1, { type: "thinking", thinking: "", signature: "" }) + sign(1, "abc") + stop(1));
  assert.deepEqual(watch.facts().thinkingMarks?.list(), [markOf("abc")]);
});
