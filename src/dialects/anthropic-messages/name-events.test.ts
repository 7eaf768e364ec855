import assert from "node:assert/strict";
import { test } from "node:test";
import { EventNamer, nameEvents } from "./name-events.ts";

const named = ': hello\n\nevent: ping\ndata: {"type":"ping"}\n\ndata: {"type":"message_stop"}\n\n';

test("a stream whose first event has a name is the same bytes, whatever comes before and after it", () => {
  const bytes = Buffer.from(named);
  assert.equal(nameEvents(bytes), bytes);
  const names = new EventNamer();
  for (const part of [": hello\n\n", 'event:ping\ndata: {"type":"ping"}\n\n', "data: x\n\n"]) {
    const piece = Buffer.from(part);
    assert.equal(names.push(piece), piece);
  }
  assert.equal(names.end().length, 0);
});

test("an error among named events gets its name, and so does what comes behind it", () => {
  const names = new EventNamer();
  names.push(Buffer.from('event: ping\ndata: {"type":"ping"}\n\n'));
  const told = names.push(Buffer.from('data: {"error":{}, "type":"error"}\n\n'), true);
  assert.match(Buffer.from(told).toString(), /^event: error\ndata: /);
  const next = names.push(Buffer.from('data: {"type":"message_stop"}\n\n'));
  assert.match(Buffer.from(next).toString(), /^event: message_stop\ndata: /);
});

test("events without a name get their type, with any line ends, and data on several lines stays so", () => {
  const bare =
    ': hello\r\n\r\ndata: {"type":"ping"}\r\n\r\ndata:{"type":\r\ndata: "message_stop"}\r\n\r\ndata: plain\r\n\r\n';
  const expected =
    'event: ping\ndata: {"type":"ping"}\n\nevent: message_stop\ndata: {"type":\ndata: "message_stop"}\n\ndata: plain\n\n';
  assert.equal(nameEvents(Buffer.from(bare)).toString(), expected);
});

test("a name that is there stays, and a last event without its blank line is told at the end", () => {
  const names = new EventNamer();
  const told = [
    'data: {"type":"ping"}\n\n',
    'event: own\ndata: {"type":"other"}\n\n',
    'data: {"type":"message_stop"}',
  ].map((part) => Buffer.from(names.push(Buffer.from(part))).toString());
  assert.deepEqual(told, ['event: ping\ndata: {"type":"ping"}\n\n', 'event: own\ndata: {"type":"other"}\n\n', ""]);
  assert.equal(Buffer.from(names.end()).toString(), 'event: message_stop\ndata: {"type":"message_stop"}\n\n');
});
