import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { foldStream } from "../reshape.ts";
import { toChatCompletion } from "./answer.ts";
import { ResponsesStream } from "./stream.ts";
import { chunksOf, eventsOf, knownTypes, message, response, saidIn, sse, whole } from "./testdata/response.ts";

test("a stream folds into the same message as the whole response, wherever its bytes are cut", () => {
  assert.ok(eventsOf().every(({ type }) => (knownTypes as readonly unknown[]).includes(type)));
  const bytes = sse(eventsOf());
  const messageOf = (completion: JsonObject | null): JsonObject =>
    (completion!["choices"] as JsonObject[])[0]!["message"] as JsonObject;
  const { reasoning_details: _, ...expected } = messageOf(whole());
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
      const ends = [...cuts, bytes.length].sort((left, right) => left - right);
      const stream = new ResponsesStream("openai", true);
      const text = ends.map((end, index) => stream.push(bytes.subarray(ends[index - 1] ?? 0, end))).join("");
      const folded = foldStream("openai-chat", Buffer.from(text + stream.end())).whole;
      const { reasoning_details, ...said } = messageOf(folded);
      assert.deepEqual(said, expected);
      assert.equal(JSON.stringify(reasoning_details).includes("gAAA"), true);
      assert.deepEqual(folded?.["usage"], whole()["usage"]);
    }),
  );
});

test("an answer without a word is one, and each piece says what is known of the answer by then", () => {
  const [created] = eventsOf();
  const served = { ...response, service_tier: "flex", output: [] };
  const chunks = chunksOf([created!, { type: "response.completed", response: served }], false);
  const deltas = chunks.map((chunk) => (chunk["choices"] as JsonObject[])[0]!["delta"]);
  assert.deepEqual(deltas, [{ role: "assistant", content: "" }, {}, {}]);
  assert.deepEqual([chunks[0]!["service_tier"], chunks.at(-1)!["service_tier"]], ["flex", "flex"]);
});

test("each part of a thought has a number of its own, whatever it is", () => {
  const details = chunksOf(eventsOf())
    .flatMap((chunk) =>
      (chunk["choices"] as JsonObject[]).map(({ delta }) => (delta as JsonObject)["reasoning_details"] ?? []),
    )
    .flat() as JsonObject[];
  assert.deepEqual(
    details.map(({ type, index }) => [type, index]),
    [
      ["reasoning.summary", 1],
      ["reasoning.summary", 1],
      ["reasoning.summary", 2],
      ["reasoning.encrypted", 3],
    ],
  );
});

test("nothing is told before the model's first word: another target may still serve the call", () => {
  assert.deepEqual(chunksOf(eventsOf().slice(0, 4)), []);
  assert.notEqual(chunksOf(eventsOf().slice(0, 5)).length, 0);
  // Encrypted reasoning says nothing to a client: it goes out with what it led to.
  const [created, , thought, , , , , , thoughtDone] = eventsOf();
  assert.deepEqual(chunksOf([created!, thought!, thoughtDone!]), []);
});

test("counts come in a chunk of their own where they are asked for, else with the last one", () => {
  const asked = chunksOf(eventsOf()).at(-1)!;
  assert.deepEqual([asked["choices"], asked["usage"] !== undefined], [[], true]);
  const notAsked = chunksOf(eventsOf(), false).at(-1)!;
  assert.equal((notAsked["choices"] as JsonObject[])[0]!["finish_reason"], "tool_calls");
  assert.deepEqual(notAsked["usage"], asked["usage"]);
});

test("messages of one answer are paragraphs, in the whole and in the stream", () => {
  const other = { ...message, id: "msg_2", content: [{ type: "output_text", text: "Then.", annotations: [] }] };
  const output = [message, other];
  const text = "I read ‘ä’.\n\nThen.";
  assert.equal(((whole({ output })["choices"] as JsonObject[])[0]!["message"] as JsonObject)["content"], text);
  const delta = (id: string, place: number, piece: string): JsonObject => ({
    type: "response.output_text.delta",
    item_id: id,
    output_index: place,
    content_index: 0,
    delta: piece,
  });
  const events = [
    delta("msg_1", 1, "I read"),
    delta("msg_1", 1, " ‘ä’."),
    delta("msg_2", 2, "Th"),
    delta("msg_2", 2, "en."),
  ];
  assert.equal(saidIn([...events, { type: "response.completed", response: { ...response, output } }]).text, text);
});

test("an end is a response's own: neither [DONE] nor silence makes an answer whole, and nothing comes after it", () => {
  const stream = new ResponsesStream("openai", true);
  const cut = stream.push(sse(eventsOf().slice(0, -1))) + stream.push(Buffer.from("data: [DONE]\n\n")) + stream.end();
  assert.doesNotMatch(cut, /\[DONE\]|finish_reason":"/);
  const twice = new ResponsesStream("openai", true);
  const text = twice.push(sse(eventsOf())) + twice.push(Buffer.from("data: [DONE]\n\n")) + twice.end();
  assert.equal(text.split("[DONE]").length, 2);
});

test("an error in another form than this API's is told in the provider's words", () => {
  const told = (data: string): string => new ResponsesStream("openai", true).push(Buffer.from(`${data}\n\n`));
  for (const error of ['{"error":"model failed to load"}', '{"object":"error","message":"No","code":400}']) {
    assert.equal(told(`data: ${error}`), `data: ${error}\n\n`);
  }
  assert.match(told('event: error\ndata: {"error":"out of memory"}'), /"message":"out of memory"/);
  assert.equal(told("data: {}"), "");
});

test("whatever happens to a stream's bytes, what is told of it is chunks", () => {
  const bytes = sse(eventsOf());
  const mutation = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255), isCut: fc.boolean() });
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 12 }), (mutations) => {
      const mutated = Buffer.from(bytes);
      for (const { at, byte } of mutations) mutated[at] = byte;
      const kept = mutations[0]!.isCut ? mutated.subarray(0, mutations[0]!.at) : mutated;
      const stream = new ResponsesStream("openai", true);
      const text = stream.push(kept) + stream.end();
      for (const line of text.split("\n").filter((one) => one.startsWith("data: {"))) {
        const chunk = parseJson(line.slice("data: ".length));
        // What is no JSON passes, for the reader of chunks to tell.
        if (isJsonObject(chunk)) assert.ok(Array.isArray(chunk["choices"]) || chunk["error"] !== undefined);
      }
      assert.ok(text.split("[DONE]").length <= 2);
    }),
    { numRuns: 2_000 },
  );
});

test("items of any shape are told without a throw", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const types = ["response.output_item.added", "response.output_item.done", "response.completed", "response.output_text.delta",
    "response.function_call_arguments.delta", "response.output_text.done", "response.failed", "error"]; // prettier-ignore
  const event = fc.record({
    type: fc.constantFrom(...types),
    item: fc.oneof(
      value,
      fc.record({ type: fc.constantFrom("function_call", "message", "reasoning"), id: value, content: value }),
    ),
    response: fc.oneof(value, fc.record({ status: value, output: fc.array(value), error: value, usage: value })),
    item_id: value,
    output_index: value,
    delta: value,
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 6 }), (events) => {
      const stream = new ResponsesStream("openai", true);
      stream.push(sse(events));
      stream.end();
      toChatCompletion(Buffer.from(JSON.stringify(events[0]?.response ?? null)), "openai");
    }),
    { numRuns: 2_000 },
  );
});
