import assert from "node:assert/strict";
import { test } from "node:test";
import { SseReader } from "../sse.ts";
import { StreamTail } from "./tail.ts";

const errorEvent = 'event: error\ndata: {"type":"error"}\n\n';

/** What a client reads when `passed` went through in pieces of `size` bytes and then the stream broke. */
function readAfter(passed: string, size: number): { readonly data: string; readonly event: string }[] {
  const tail = new StreamTail();
  const bytes = Buffer.from(passed);
  const events: { data: string; event: string }[] = [];
  const reader = new SseReader((data, event) => events.push({ data, event }));
  for (let place = 0; place < bytes.length; place += size) {
    const chunk = bytes.subarray(place, place + size);
    tail.push(chunk);
    reader.push(chunk);
  }
  reader.push(Buffer.from(tail.closeWith(errorEvent)));
  assert.ok(reader.isAtBoundary());
  return events;
}

for (const newline of ["\n", "\r\n", "\r"]) {
  const name = JSON.stringify(newline);
  const whole = ["event: message_start", 'data: {"type":"message_start"}', "", ""].join(newline);

  test(`wherever the stream is cut, the error event is read as its own (line ends ${name})`, () => {
    for (let cut = 0; cut <= whole.length; cut++) {
      for (const size of [1, 3, 1000]) {
        const events = readAfter(whole.slice(0, cut), size);
        assert.deepEqual(events.at(-1), { data: '{"type":"error"}', event: "error" }, `cut at ${cut}`);
      }
    }
  });

  test(`a data line cut in half is named ping, which clients do not read (line ends ${name})`, () => {
    for (let cut = whole.indexOf("data: ") + 7; cut < whole.indexOf("}"); cut++) {
      assert.equal(readAfter(whole.slice(0, cut), 1000)[0]?.event, "ping", `cut at ${cut}`);
    }
  });

  test(`a stream cut between events gets nothing added (line ends ${name})`, () => {
    const tail = new StreamTail();
    tail.push(Buffer.from(whole));
    assert.equal(tail.closeWith(errorEvent), errorEvent);
  });
}

test("before the first byte the error event stands alone", () => {
  assert.equal(new StreamTail().closeWith(errorEvent), errorEvent);
});

test("an event whose lines are complete is delivered, not renamed", () => {
  const events = readAfter('event: content_block_stop\ndata: {"index":0}\n', 5);
  assert.deepEqual(events[0], { data: '{"index":0}', event: "content_block_stop" });
});

test("a ping may go out only between events", () => {
  const tail = new StreamTail();
  assert.ok(tail.isAtBoundary());
  const between: boolean[] = [];
  for (const piece of ["event: ping", "\n", "data: {}\n", "\n", "d", "ata: {}\r\n", "\r", "\n", "data: 1\n\n"]) {
    tail.push(Buffer.from(piece));
    between.push(tail.isAtBoundary());
  }
  // CR LF CR ends an event already; the LF that may follow belongs to it.
  assert.deepEqual(between, [false, false, false, true, false, false, true, true, true]);
});
