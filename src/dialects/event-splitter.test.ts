import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { EventSplitter } from "./event-splitter.ts";

function split(stream: string, lengths: readonly number[]): string {
  const splitter = new EventSplitter();
  const bytes = Buffer.from(stream);
  const out: Uint8Array[] = [];
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    out.push(splitter.push(bytes.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat([...out, splitter.rest()]).toString();
}

const lengths = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 });

test("events that end with one line feed get their blank lines, wherever the stream is cut", () => {
  for (const lineEnd of ["\n", "\r\n"]) {
    const lines = ['data: {"a":"é"}', 'data: {"a":{"b":1}}', "data: [DONE]"];
    const stream = lines.map((line) => line + lineEnd).join("");
    const expected = lines.map((line) => `${line}${lineEnd}\n`).join("");
    fc.assert(fc.property(lengths, (cuts) => assert.equal(split(stream, cuts), expected)));
  }
});

test("so do named events, each behind its data, wherever the stream is cut", () => {
  for (const lineEnd of ["\n", "\r\n"]) {
    const lines = [": hi", "event: a", 'data: {"a":"é"}', "event: ping", "data: {}", ": ping", "event: b", "data: [1]"];
    const stream = lines.map((line) => line + lineEnd).join("");
    const expected = lines.map((line) => `${line}${lineEnd}${line.startsWith("data:") ? "\n" : ""}`).join("");
    fc.assert(fc.property(lengths, (cuts) => assert.equal(split(stream, cuts), expected)));
  }
});

test("any other stream stays as it is, wherever it is cut", () => {
  for (const stream of [
    'data: {"a":1}\n\ndata: {"a":1}\ndata: {"b":2}\n\n',
    'data: {"a":1}\nevent: a\n\ndata: {"b":2}\nevent: b\n\n',
    'event: a\ndata: {"a":1}\n\nevent: b\ndata: {"b":2}\n\n',
    'data: {\ndata: "a": {}\ndata: }\n\n',
    ': hello\n\ndata: {"a":1}\n\n',
    ': hello\ndata: {"a":1}\r\n\r\ndata: [DONE]\r\n\r\n',
    'data: {"a":1}\r\rdata: [DONE]\r\r',
    'data: {"a":1}\n',
    'data: {"a":',
    "",
  ])
    fc.assert(fc.property(lengths, (cuts) => assert.equal(split(stream, cuts), stream)));
});

test("a stream that begins without an end is let go, and its pieces pass as they are", () => {
  const splitter = new EventSplitter();
  const large = Buffer.from("x".repeat(70_000));
  assert.equal(splitter.push(large), large);
  assert.equal(splitter.push(large), large);
});
