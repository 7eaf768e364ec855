import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { RoundWriter } from "./round-writer.ts";

/** Two ends of one connection; the far one reads nothing until it is asked to. */
async function openPair(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [far] = (await once(server, "connection")) as [Socket];
  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

/** Three texts in a round: in the next one, texts wait. */
async function makeBusy(t: TestContext): Promise<void> {
  const { near } = await openPair(t);
  const writer = new RoundWriter(near);
  for (const text of ["1", "2", "3"]) writer.write(text);
  await new Promise(setImmediate);
}

async function readAll(far: Socket): Promise<string> {
  let text = "";
  far.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
  far.resume();
  await once(far, "end");
  return text;
}

test("a text of a loop that has little to do is written at once, and so is the next one", async (t) => {
  const { near } = await openPair(t);
  await new Promise(setImmediate);
  const writer = new RoundWriter(near);
  for (const written of [3, 6, 9]) {
    writer.write("one");
    assert.equal(near.bytesWritten, written);
    await new Promise(setImmediate);
  }
  assert.equal(writer.isWaiting, false);
});

test("what is written within a round of a busy loop leaves in one write when the round is over", async (t) => {
  const { near, far } = await openPair(t);
  await makeBusy(t);
  const writer = new RoundWriter(near);
  writer.write("one ");
  writer.write("two ");
  assert.equal(near.bytesWritten, 0);
  assert.equal(writer.isWaiting, true);
  await new Promise(setImmediate);
  assert.equal(near.bytesWritten, 8);
  assert.equal(writer.isWaiting, false);
  near.end();
  assert.equal(await readAll(far), "one two ");
});

test("a flush keeps the order with what is written to the socket itself", async (t) => {
  const { near, far } = await openPair(t);
  await makeBusy(t);
  const writer = new RoundWriter(near);
  writer.write("a");
  writer.flush();
  near.write("b");
  writer.write("c\xff");
  await new Promise(setImmediate);
  near.end("d");
  assert.equal(await readAll(far), "abc\xffd");
});

test("a socket waits for the work of 31 others at most", async (t) => {
  const pairs = await Promise.all(Array.from({ length: 33 }, () => openPair(t)));
  await makeBusy(t);
  for (const [index, { near }] of pairs.entries()) {
    new RoundWriter(near).write("x");
    const written = pairs.filter((pair) => pair.near.bytesWritten > 0).length;
    assert.equal(written, index < 31 ? 0 : 32);
  }
});

test("a long text is written at once, and a socket that has had enough says so", async (t) => {
  const { near, far } = await openPair(t);
  await makeBusy(t);
  const writer = new RoundWriter(near);
  const piece = "x".repeat(65_537);
  let count = 1;
  while (writer.write(piece)) count++;
  assert.equal(writer.isWaiting, false);
  const drained = once(near, "drain");
  const read = readAll(far);
  await drained;
  near.end();
  assert.equal((await read).length, count * piece.length);
});

test("what waits for a socket that is gone is forgotten, and others are written", async (t) => {
  const [gone, dropped, kept] = [await openPair(t), await openPair(t), await openPair(t)];
  await makeBusy(t);
  const writers = [gone, dropped, kept].map(({ near }) => new RoundWriter(near));
  for (const writer of writers) writer.write("x");
  gone.near.destroy();
  writers[1]!.drop();
  await new Promise(setImmediate);
  assert.deepEqual(
    [gone, dropped, kept].map(({ near }) => near.bytesWritten),
    [0, 0, 1],
  );
});
