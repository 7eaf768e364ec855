/** What becomes of the memory of a body that comes in pieces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../core/errors/errors.ts";
import type { Exchange, RequestReceiver } from "./exchange.ts";
import { receiveBody } from "./receive-body.ts";

const limit = { bytes: 300_000, setting: "server.bodyLimitBytes" };

interface Receiving {
  readonly receiver: RequestReceiver;
  readonly body: Promise<Buffer>;
}

/** A body whose pieces the test hands over; `announced` of it, or in chunks. */
function begin(announced: number | null): Receiving {
  let receiver: RequestReceiver | null = null;
  const exchange: Pick<Exchange, "header" | "wholeBody" | "receive" | "discardBody"> = {
    header: (name) => (name === "content-length" && announced !== null ? String(announced) : undefined),
    wholeBody: null,
    receive: (given) => (receiver = given),
    discardBody: () => undefined,
  };
  const body = Promise.resolve(receiveBody(exchange as Exchange, limit));
  return { receiver: receiver!, body };
}

test("pieces are laid where they belong, and their memory is given back", async () => {
  for (const announced of [190_000, null]) {
    const { receiver, body } = begin(announced);
    const pieces = [Buffer.alloc(50_000, "a"), Buffer.alloc(50_000, "b"), Buffer.alloc(90_000, "c")];
    for (const piece of pieces) receiver.onData(piece);
    receiver.onEnd();
    const bytes = await body;
    assert.equal(bytes.toString(), "a".repeat(50_000) + "b".repeat(50_000) + "c".repeat(90_000));
    assert.equal(bytes.buffer.byteLength, 190_000, "all of its memory can be given back");
    assert.deepEqual(
      pieces.map(({ buffer }) => buffer.byteLength),
      [0, 0, 0],
    );
  }
});

test("with the first piece there is room for the rest, which is read there", async () => {
  const { receiver, body } = begin(200_000);
  assert.equal(receiver.space!.next(), null);
  receiver.onData(Buffer.alloc(50_000, "a"));
  const room = receiver.space!.next()!;
  assert.equal(room.length, 150_000);
  room.fill("b");
  receiver.space!.onFilled(150_000);
  assert.equal(receiver.space!.next(), null);
  receiver.onEnd();
  assert.equal((await body).toString(), "a".repeat(50_000) + "b".repeat(150_000));
});

test("a few bytes that announce many get no room for them", () => {
  const { receiver } = begin(300_000);
  receiver.onData(Buffer.from("{"));
  assert.equal(receiver.space!.next(), null);
});

test("a body that grows beyond the limit is refused, whichever way it came", async () => {
  const { receiver, body } = begin(null);
  const refused = assert.rejects(body, (error) => (error as GatewayError).code === "caller_body_too_large");
  receiver.onData(Buffer.alloc(200_000));
  receiver.space!.onFilled(receiver.space!.next()!.length);
  await refused;
});
