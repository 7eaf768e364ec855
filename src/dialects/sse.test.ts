import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SseReader, formatSseData, formatSseEvent, unframed } from "./sse.ts";

function readAll(chunks: readonly Uint8Array[], maxEventBytes?: number): [string, string][] {
  const events: [string, string][] = [];
  const reader = new SseReader((data, event) => events.push([data, event]), maxEventBytes);
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return events;
}

const read = (text: string): [string, string][] => readAll([Buffer.from(text)]);
const byteByByte = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));

test("events are read with LF, CRLF and CR line ends", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["event: a", "data: 1", "", "data: 2", "", ""].join(end);
    const expected = [
      ["1", "a"],
      ["2", ""],
    ];
    assert.deepEqual(read(text), expected);
    assert.deepEqual(readAll(byteByByte(Buffer.from(text))), expected);
  }
});

test("one space after the colon is dropped, no space and more spaces are kept as they are", () => {
  assert.deepEqual(read("data:x\n\ndata:  y\n\n"), [
    ["x", ""],
    [" y", ""],
  ]);
});

test("comments, unknown fields and events without data are passed over", () => {
  assert.deepEqual(read(": hi\n\nid: 3\nretry: 5\nevent: lost\n\ndatax: no\n\ndata: 1\n: between\n\n"), [["1", ""]]);
});

test("several data lines of one event are joined by line feeds, an empty one counts", () => {
  assert.deepEqual(read("data: a\ndata\ndata: b\n\n"), [["a\n\nb", ""]]);
});

test("a field named error is an event of that name", () => {
  assert.deepEqual(read('error: {"code":500}\n\ndata: 1\n\n'), [
    ['{"code":500}', "error"],
    ["1", ""],
  ]);
});

test("an object without a field is told by a name of its own, on one line or on many, and ends what stood before it", () => {
  const text = '{"a":1}\n\ndata: 1\n{\n  "b": 2\n}\ndata: 3\n\nlost\n{"c":3}\n{"d":4}';
  const expected = [
    ['{"a":1}', unframed],
    ["1", ""],
    ['{\n  "b": 2\n}', unframed],
    ["3", ""],
    ['{"c":3}', unframed],
    ['{"d":4}', unframed],
  ];
  assert.deepEqual(read(text), expected);
  assert.deepEqual(readAll(byteByByte(Buffer.from(text))), expected);
});

test("a byte order mark is passed over, even cut in two", () => {
  const bytes = Buffer.from("\uFEFFdata: 1\n\n");
  assert.deepEqual(readAll([bytes]), [["1", ""]]);
  assert.deepEqual(readAll(byteByByte(bytes)), [["1", ""]]);
});

test("a last event without its blank line, or even its line end, is delivered at the end", () => {
  assert.deepEqual(read("data: 1\n\ndata: 2\n"), [
    ["1", ""],
    ["2", ""],
  ]);
  assert.deepEqual(read("data: 1\n\ndata: 2"), [
    ["1", ""],
    ["2", ""],
  ]);
});

test("an event beyond the size limit overflows the reader, on one line or on many", () => {
  for (const text of [`data: ${"x".repeat(99)}`, "data: 12345678901\n".repeat(9), `data: ${"x".repeat(99)}\n\n`]) {
    const events: string[] = [];
    const reader = new SseReader((data) => events.push(data), 64);
    reader.push(Buffer.from("data: 1\n\n"));
    for (const byte of byteByByte(Buffer.from(text))) reader.push(byte);
    reader.push(Buffer.from("\n\ndata: 2\n\n"));
    reader.end();
    assert.deepEqual(events, ["1"]);
    assert.ok(reader.isOverflown());
  }
});

test("a boundary is known where nothing of an event is held", () => {
  const reader = new SseReader(() => {});
  const states = ["", "da", "ta: 1", "\n", "\n", "event: x\n", "data: 2\n\n"].map((text) => {
    reader.push(Buffer.from(text));
    return reader.isAtBoundary();
  });
  assert.deepEqual(states, [true, false, false, false, true, false, true]);
});

test("the pushed bytes may be reused by the caller", () => {
  const bytes = Buffer.from("data: ab");
  const events: string[] = [];
  const reader = new SseReader((data) => events.push(data));
  reader.push(bytes);
  bytes.fill(0);
  reader.push(Buffer.from("c\n\n"));
  assert.deepEqual(events, ["abc"]);
});

test("what is written is read again, however the bytes are cut", () => {
  const payloads = fc.array(
    fc.record({ name: fc.constantFrom("", "delta", "ping"), text: fc.string({ unit: "grapheme" }) }),
  );
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });
  const ends = fc.constantFrom("\n", "\r\n", "\r");
  fc.assert(
    fc.property(payloads, cuts, ends, (payloads, cuts, end) => {
      const expected = payloads.map(({ name, text }): [string, string] => [JSON.stringify({ text }), name]);
      const text = expected
        .map(([json, name]) => (name === "" ? formatSseData(json) : formatSseEvent(name, json)))
        .join("");
      const bytes = Buffer.from(text.replaceAll("\n", end));
      const chunks: Buffer[] = [];
      let offset = 0;
      for (const cut of [...cuts, bytes.length]) {
        chunks.push(bytes.subarray(offset, offset + cut));
        offset += cut;
      }
      assert.deepEqual(readAll(chunks), expected);
    }),
    { numRuns: 300 },
  );
});
