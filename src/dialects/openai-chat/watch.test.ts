import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createOpenaiChatWatch } from "./watch.ts";

function chunk(fields: object): string {
  return JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m-2", ...fields });
}

const text = (content: string): string =>
  chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null });
const usage = {
  prompt_tokens: 10,
  completion_tokens: 4,
  total_tokens: 14,
  prompt_tokens_details: { cached_tokens: 6 },
};
const payloads = [
  chunk({ choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }], usage: null }),
  ...Array.from({ length: 20 }, () => text(" word")),
  chunk({
    choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: "t1", function: { name: "f", arguments: "{}" } }] } }],
  }),
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }], usage: null }),
  chunk({ choices: [], usage }),
  "[DONE]",
];

function watched(chunks: readonly Uint8Array[]): ReturnType<ReturnType<typeof createOpenaiChatWatch>["facts"]> {
  const watch = createOpenaiChatWatch(true);
  for (const bytes of chunks) watch.push(bytes);
  watch.end();
  return watch.facts();
}

const encode = (payloads: readonly string[]): Buffer[] =>
  payloads.map((payload) => Buffer.from(`data: ${payload}\n\n`));

test("a watch of a stream knows model, id, usage, calls, finish and end", () => {
  const facts = watched(encode(payloads));
  assert.equal(facts.answeredModel, "m-2");
  assert.equal(facts.answerId, "c1");
  assert.deepEqual(facts.toolCalls, [{ id: "t1", name: "f" }]);
  assert.equal(facts.stopReason, "tool_calls");
  assert.equal(facts.isComplete, true);
  assert.deepEqual([facts.usage?.uncachedInput, facts.usage?.cacheRead, facts.usage?.output], [4, 6, 4]);
});

test("a watch of a stream knows a call in the form before `tool_calls`", () => {
  const part = (function_call: object | null): string => chunk({ choices: [{ index: 0, delta: { function_call } }] });
  const facts = watched(
    encode([text("a"), text("b"), part(null), part({ name: "f", arguments: "" }), part({ arguments: "{}" })]),
  );
  assert.deepEqual(facts.toolCalls, [{ id: "", name: "f" }]);
  assert.equal(facts.excerpt?.inputJson(0), "{}");
});

test("characters of passed-over pieces are counted nearly right", () => {
  const { outputCharacters } = watched(encode(payloads));
  assert.ok(Math.abs(outputCharacters - (20 * " word".length + 3)) <= 10, `${outputCharacters}`);
});

test("usage and finish are seen with any white space around their colons", () => {
  for (const colon of [":", ": ", " : ", "  :\t"]) {
    const spaced = payloads.map((payload) =>
      payload.replaceAll(/"(usage|finish_reason)":/g, (_, name) => `"${name}"${colon}`),
    );
    const facts = watched(encode(spaced));
    assert.equal(facts.usage?.output, 4);
    assert.equal(facts.stopReason, "tool_calls");
  }
});

test("an error in the stream is seen, and such an answer is not complete", () => {
  const facts = watched(
    encode([...payloads.slice(0, 4), '{"error":{"message":"no","type":"overloaded","code":529}}', "[DONE]"]),
  );
  assert.deepEqual(facts.error, { type: "overloaded", message: "no", status: 529 });
  assert.equal(facts.isComplete, false);
});

test("an error that stands for itself is seen behind pieces that were passed over, too", () => {
  for (const bare of [
    '{"detail":"no"}',
    '{"code":"500","message":"no"}',
    '{"base_resp":{"status_code":1004,"status_msg":"no"}}',
    '{"message":"no"}',
  ]) {
    const { error, isComplete } = watched(encode([...payloads.slice(0, 4), bare, "[DONE]"]));
    assert.deepEqual([error?.message, isComplete], ["no", false], bare);
  }
});

test("a cut stream is not complete", () => {
  assert.equal(watched(encode(payloads.slice(0, 8))).isComplete, false);
});

test("a last event counts without its blank line, and a cut one is no error", () => {
  const [first = Buffer.alloc(0), last = Buffer.alloc(0)] = encode([
    text("abc"),
    chunk({ choices: [{ delta: {}, finish_reason: "stop" }] }),
  ]);
  for (const missing of [1, 2]) assert.equal(watched([first, last.subarray(0, -missing)]).isComplete, true);
  const cut = watched([first, last.subarray(0, -5)]);
  assert.deepEqual([cut.isComplete, cut.error], [false, null]);
  const words = watched([first, Buffer.from("event: error\ndata: upstream failed")]);
  assert.equal(words.error?.message, "upstream failed");
});

/** What a stream says that passes in these pieces, without the estimate of characters. */
function saidIn(pieces: readonly Uint8Array[]): object {
  const { excerpt, outputCharacters: _, ...facts } = watched(pieces);
  const inputs = facts.toolCalls.map((_call, place) => excerpt?.inputJson(place));
  return { ...facts, inputs, textTail: excerpt?.textTail() };
}

/** `whole` in pieces of `lengths` in turn; a length of 0 is what is left of the event. */
function cut(whole: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0, index = 0; start < whole.length; index++) {
    const length = lengths[index % lengths.length] ?? 0;
    const eventEnd = whole.indexOf("\n\n", start);
    // A start on the stream's last byte has no event's end behind it.
    const end = length > 0 ? start + length : eventEnd < 0 ? whole.length : eventEnd + 2;
    pieces.push(whole.subarray(start, end));
    start = end;
  }
  return pieces;
}

/** However `stream` is cut, it says the same; only the text's end may be unknown, where a piece was passed over. */
function assertSaysTheSame(stream: Buffer, lengths: readonly number[]): void {
  const expected = saidIn([stream]);
  const said = saidIn(cut(stream, lengths));
  const isTextKnown = "textTail" in said && said.textTail !== null;
  assert.deepEqual(said, isTextKnown ? expected : { ...expected, textTail: null });
}

test("however the bytes are cut, the stream says the same", () => {
  const stream = Buffer.concat(encode(payloads));
  assert.deepEqual(saidIn([stream]), {
    answeredModel: "m-2",
    answerId: "c1",
    usage: watched([stream]).usage,
    serviceTier: null,
    stopReason: "tool_calls",
    isComplete: true,
    isOutputCounted: true,
    error: null,
    toolCalls: [{ id: "t1", name: "f" }],
    inputs: ["{}"],
    textTail: " word".repeat(20),
  });
  assertSaysTheSame(stream, [stream.length - 1, 0]);
  // Both pass over an event: cuts that fall on its ends by chance, and each event a piece.
  assertSaysTheSame(stream, [19, 1, 407, 77, 166, 492]);
  assertSaysTheSame(stream, [0]);
  const length = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 500 }));
  fc.assert(fc.property(fc.array(length, { minLength: 1 }), (lengths) => assertSaysTheSame(stream, lengths)));
});

test("of a text with a piece passed over the end is unknown, even if that piece is smaller than the others' surroundings", () => {
  const wordy = (content: string): string =>
    chunk({ obfuscation: "x".repeat(200), choices: [{ index: 0, delta: { content } }] });
  const watch = createOpenaiChatWatch(true);
  for (const bytes of encode([wordy("a"), wordy("b"), text("c")])) watch.push(bytes);
  assert.equal(watch.facts().excerpt?.textTail(), null);
});

test("a whole body is read for its facts, and one that is no answer is not complete", () => {
  const message = {
    role: "assistant",
    content: "Hi",
    tool_calls: [{ id: "t", function: { name: "f", arguments: "{}" } }],
  };
  const body = JSON.stringify({ id: "c", model: "m", choices: [{ message, finish_reason: "tool_calls" }], usage });
  const watch = createOpenaiChatWatch(false);
  watch.push(Buffer.from(body.slice(0, 9)));
  watch.push(Buffer.from(body.slice(9)));
  const facts = watch.facts();
  assert.equal(facts.usage?.output, 4);
  assert.deepEqual(facts.toolCalls, [{ id: "t", name: "f" }]);
  assert.equal(facts.isComplete, true);
  const broken = createOpenaiChatWatch(false);
  broken.push(Buffer.from("<html>"));
  assert.equal(broken.facts().isComplete, false);
});

test("a finish reason that is the word null, or empty, is none: a stream that ends behind it was cut", () => {
  for (const reason of ["null", ""]) {
    const begun = [chunk({ choices: [{ index: 0, delta: { content: "a" }, finish_reason: reason }] })];
    assert.equal(watched(encode(begun)).isComplete, false);
    const end = chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    assert.deepEqual(watched(encode([...begun, end, "[DONE]"])).stopReason, "stop");
  }
});
