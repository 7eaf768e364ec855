import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { GrowingJson } from "./growing-json.ts";
import { isWholeObject, ToolCallReader } from "./tool-calls.ts";

const texts = fc.oneof(
  fc.json(),
  fc.dictionary(fc.string(), fc.jsonValue()).map((value) => ` ${JSON.stringify(value, null, 1)}\n`),
  fc.stringMatching(/^[{}[\]"\\:, a1\n]*$/),
);

test("a text is a whole object where all of it would be read as one, after each of its pieces", () => {
  fc.assert(
    fc.property(texts, fc.array(fc.integer({ min: 1, max: 5 })), (text, lengths) => {
      const json = new GrowingJson();
      let at = 0;
      for (const length of [...lengths, text.length]) {
        json.add(text.slice(at, at + length));
        at += length;
        assert.equal(json.text, text.slice(0, at));
        assert.equal(json.isWholeObject(), isWholeObject(json.text), json.text);
      }
    }),
    { numRuns: 500 },
  );
});

test("a string has ended at its last quote, not at one that is escaped", () => {
  const json = new GrowingJson();
  const ends = ['"a', '\\"', "b\\\\", '"', " "].map((piece) => {
    json.add(piece);
    return json.hasEnded();
  });
  assert.deepEqual(ends, [false, false, false, true, true]);
});

test("arguments in very many pieces take no time that grows with their square", () => {
  for (const [first, piece] of [
    ['{"a":"', '{"b":1}'],
    ['"', '\\"'],
  ] as const) {
    const calls = new ToolCallReader();
    const startedAt = performance.now();
    calls.read({ index: 0, id: "a", function: { name: "f", arguments: first } }, null);
    for (let count = 0; count < 100_000; count++) calls.read({ index: 0, function: { arguments: piece } }, null);
    assert.ok(performance.now() - startedAt < 20_000);
  }
});
