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

test("a cut stream is not complete", () => {
  assert.equal(watched(encode(payloads.slice(0, 8))).isComplete, false);
});

test("a last event without its blank line counts, once", () => {
  const bytes = Buffer.concat(encode(payloads.slice(0, -1)));
  const facts = watched([bytes, Buffer.from("data: [DONE]")]);
  assert.equal(facts.isComplete, true);
  const watch = createOpenaiChatWatch(true);
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = encode([text("abc"), text("abc")]);
  watch.push(first);
  watch.push(second.subarray(0, -1));
  watch.facts();
  watch.push(Buffer.from("\n"));
  assert.equal(watch.facts().outputCharacters, 6);
});

test("however the bytes are cut, the facts are the same but for the estimate of characters", () => {
  const whole = Buffer.concat(encode(payloads));
  const expected = { ...watched([whole]), outputCharacters: 0 };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (cuts) => {
      const chunks: Buffer[] = [];
      for (let offset = 0, i = 0; offset < whole.length; i++) {
        const length = cuts[i % cuts.length] ?? 1;
        chunks.push(whole.subarray(offset, offset + length));
        offset += length;
      }
      assert.deepEqual({ ...watched(chunks), outputCharacters: 0 }, expected);
    }),
    { numRuns: 200 },
  );
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
