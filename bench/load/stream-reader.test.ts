import assert from "node:assert/strict";
import { test } from "node:test";
import { closingEventCount, messageStream, openingEventCount } from "./stream-events.ts";
import { ChunkedStreamReader } from "./stream-reader.ts";

const answer = Buffer.concat([messageStream.opening, messageStream.delta, messageStream.delta, messageStream.closing]);
const eventCount = openingEventCount + 2 + closingEventCount;

test("every event is counted, wherever the bytes are cut", () => {
  for (let size = 1; size <= answer.length; size++) {
    const reader = new ChunkedStreamReader();
    for (let at = 0; at < answer.length; at += size) reader.push(answer.subarray(at, at + size));
    assert.equal(reader.events, eventCount, `cut every ${size} bytes`);
    assert.ok(reader.hasEnded);
    assert.equal(reader.status, 200);
  }
});

test("an event cut by a chunk's border counts once", () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const reader = new ChunkedStreamReader();
  reader.push(Buffer.from(`${head}8\r\ndata: 1\n\r\n9\r\n\ndata: 2\n\r\n1\r\n\n\r\n0\r\n\r\n`));
  assert.equal(reader.events, 2);
  assert.ok(reader.hasEnded);
});

test("an answer that is no stream ends the reading with its status", () => {
  const reader = new ChunkedStreamReader();
  reader.push(Buffer.from("HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\nno"));
  assert.equal(reader.status, 503);
  assert.ok(reader.hasEnded);
  assert.equal(reader.events, 0);
});
