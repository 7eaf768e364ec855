import assert from "node:assert/strict";
import { test } from "node:test";
import { toReplayPieces } from "./replay.ts";
import type { Recording, ReplayWrites } from "./replay.ts";

const payloads = ['{"type":"ping"}', '{"type":"text","text":"naïve – 日本 😀"}'];

function piecesOf(recording: Recording, dialect: "anthropic-messages" | "openai-chat" = "openai-chat"): Buffer[] {
  return [...toReplayPieces(recording, dialect)].map(({ data }) => Buffer.from(data));
}

test("however the bytes are cut, together they are the same", () => {
  const whole = Buffer.concat(piecesOf({ payloads })).toString();
  assert.equal(whole, `data: ${payloads[0]}\n\ndata: ${payloads[1]}\n\ndata: [DONE]\n\n`);
  const cuts: ReplayWrites[] = ["whole", "payloads", "bytes", "within-characters", { everyBytes: 5 }];
  for (const writes of cuts) assert.equal(Buffer.concat(piecesOf({ payloads, writes })).toString(), whole);
});

test("`within-characters` cuts every character that has several bytes", () => {
  const pieces = piecesOf({ body: "ab–😀", writes: "within-characters" });
  assert.ok(pieces.length >= 3);
  assert.ok(pieces.slice(1).every((piece) => ((piece[0] ?? 0) & 0xc0) === 0x80));
});

test("`payloads` makes one piece an event", () => {
  assert.equal(piecesOf({ payloads, writes: "payloads" }).length, 3);
});

test("Anthropic's events are named and have no [DONE]; line ends, spaces and comments vary", () => {
  const text = Buffer.concat(
    piecesOf(
      { payloads: payloads.slice(0, 1), lineEnd: "\r\n", isUnspaced: true, hasComments: true },
      "anthropic-messages",
    ),
  ).toString();
  assert.equal(text, `: a comment\r\nevent:ping\r\ndata:${payloads[0]}\r\n\r\n`);
});

test("a recording cut after some payloads has no end", () => {
  assert.equal(Buffer.concat(piecesOf({ payloads, payloadCount: 1 })).toString(), `data: ${payloads[0]}\n\n`);
});
