import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HeadReader, RecentHeads } from "./head-reader.ts";
import type { RequestHead, RequestRefusal } from "./request-head.ts";
import { parseRequestHead } from "./request-head.ts";

const lines = ["POST /v1/messages?beta=true HTTP/1.1", "Host: a:1", "x-api-key: k", "Content-Length: 2", "x-app: cli"];

function bytesOf(changed: Readonly<Record<number, string>> = {}): Buffer {
  return Buffer.from(lines.map((line, index) => changed[index] ?? line).join("\r\n"), "latin1");
}

function readAll(heads: readonly Buffer[], recent = new RecentHeads()): (RequestHead | RequestRefusal)[] {
  const reader = new HeadReader(recent);
  // As they come: with something before and behind.
  return heads.map((head) =>
    reader.read(Buffer.concat([Buffer.from("}"), head, Buffer.from("\r\n\r\n{")]), 1, head.length + 1),
  );
}

function memosOf(heads: readonly Buffer[], recent?: RecentHeads): unknown[] {
  return readAll(heads, recent).map((head) => (typeof head === "string" ? head : head.memo));
}

test("a head that repeats the one before, or differs in the body's length alone, shares its memo", () => {
  const memos = memosOf([
    bytesOf(),
    bytesOf(),
    bytesOf({ 3: "Content-Length: 12345" }),
    bytesOf({ 3: "Content-Length: 7" }),
  ]);
  assert.equal(new Set(memos).size, 1);
  const withoutBody = bytesOf({ 0: "GET /v1/models HTTP/1.1", 3: "accept: */*" });
  assert.equal(new Set(memosOf([withoutBody, withoutBody])).size, 1);
});

test("a connection knows its own head, however many others came on other connections since", () => {
  for (const before of [[], [bytesOf()]]) {
    const recent = new RecentHeads();
    memosOf(before, recent);
    const reader = new HeadReader(recent);
    const memos = [0, 1].map(() => {
      const head = reader.read(bytesOf(), 0, bytesOf().length);
      for (let index = 0; index < 512; index++) memosOf([bytesOf({ 2: `x-api-key: ${index}` })], recent);
      return typeof head === "string" ? head : head.memo;
    });
    assert.equal(memos[0], memos[1]);
  }
});

test("any other difference begins a new memo", () => {
  const others = [
    bytesOf({ 0: "POST /v1/messages?beta=none HTTP/1.1" }),
    bytesOf({ 2: "x-api-key: l" }),
    bytesOf({ 3: "Content-Length: 2 " }),
    bytesOf({ 3: "Content-Length: 0" }),
    bytesOf({ 4: "x-app: clj" }),
    bytesOf({ 4: "x-app: cli\r\nx-b: c" }),
  ];
  for (const other of others) assert.equal(new Set(memosOf([bytesOf(), other])).size, 2, other.toString());
});

test("a new connection shares the memo of one of the last 512 heads on any, whatever the body's length", () => {
  const recent = new RecentHeads();
  const other = (index: number): Buffer => bytesOf({ 2: `x-api-key: ${1_000 + index}` });
  const last = bytesOf({ 3: "x-b: c", 4: "Content-Length: 9" });
  const without = bytesOf({ 0: "GET /v1/models HTTP/1.1", 3: "accept: */*" });
  const first = memosOf([bytesOf(), last, without], recent);
  for (let index = 0; index < 509; index++) memosOf([other(index)], recent);
  // By identity: all new memos look alike.
  const again = memosOf([bytesOf({ 3: "Content-Length: 31" }), last, without, bytesOf()], recent);
  assert.deepEqual(
    again.map((memo) => first.indexOf(memo)),
    [0, 1, 2, 0],
  );
  memosOf([other(509)], recent);
  assert.ok(!first.includes(memosOf([bytesOf()], recent)[0]));
});

test("a connection that serves many clients in turn, as a proxy's does, reads the head of each once", () => {
  const heads = [0, 1, 2, 3].map((user) => bytesOf({ 2: `x-api-key: key-of-user-${user}` }));
  const memos = memosOf([...heads, ...heads.toReversed(), ...heads]);
  assert.deepEqual(
    memos.map((memo) => memos.indexOf(memo)),
    [0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3],
  );
});

test("the length goes where it belongs, also where a value reads like its name", () => {
  const named = (length: number): Buffer =>
    bytesOf({ 2: "x-a: content-length", 3: `Content-Length: ${length}`, 4: "x-b: content-length" });
  const [, head] = readAll([named(2), named(345)]);
  assert.deepEqual(head, parseRequestHead(named(345)));
});

test("a head is read the same whichever came before it", () => {
  const line = fc.oneof(
    fc.constantFrom(
      ...lines,
      "Content-Length: 99",
      "content-length:  2\t",
      "Expect: 100-continue",
      "Connection: close",
    ),
    fc.string({ unit: "binary-ascii", maxLength: 12 }),
  );
  const head = fc.oneof(
    fc.nat({ max: 1e6 }).map((length) => bytesOf({ 3: `Content-Length: ${length}` })),
    fc.dictionary(fc.constantFrom("0", "1", "2", "3", "4"), line).map((changed) => bytesOf(changed)),
    fc.tuple(fc.nat({ max: bytesOf().length - 1 }), fc.nat({ max: 255 })).map(([at, byte]) => {
      const bytes = bytesOf();
      bytes[at] = byte;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(fc.array(head, { minLength: 2, maxLength: 5 }), (heads) => {
      assert.deepEqual(
        readAll(heads),
        heads.map((bytes) => parseRequestHead(bytes)),
      );
    }),
    { numRuns: 2_000 },
  );
});
