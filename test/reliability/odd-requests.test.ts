/** Requests that are allowed but rare, or not allowed at all: what they get. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "../kit/wait-until.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { messagesRequest, openRawClient } from "./raw-sockets.ts";
import { healthyModel, post, question, startBeside, whileOthersCall } from "./steady-callers.ts";
import type { RouterBeside } from "./steady-callers.ts";

const asked = { model: healthyModel, ...question };

/** What the router answers to these bytes, as far as it came when its end was seen. */
async function exchange(t: CleansUp, router: RouterBeside, request: string | Buffer): Promise<string> {
  return whileOthersCall(router.url, async () => {
    const client = await openRawClient(t, router.port);
    client.send(request);
    await waitUntil("the answer is here", () => /\r\n\r\n[^]*[}\n]$/.test(client.received()));
    client.socket.destroy();
    return client.received();
  });
}

test("`Expect: 100-continue`: the client is told to go on, and answered", async (t) => {
  const router = await startBeside(t, {});
  const [head = "", body = ""] = messagesRequest(asked, "expect: 100-continue\r\n").split("\r\n\r\n");
  const client = await openRawClient(t, router.port);
  client.send(`${head}\r\n\r\n`);
  await waitUntil("it is told to go on", () => client.received() === "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(body);
  await waitUntil("it is answered", () => client.received().includes("HTTP/1.1 200 OK"));
});

test("an absolute-form target (`POST http://host/v1/messages`): served as its path", async (t) => {
  const router = await startBeside(t, {});
  assert.match(
    await exchange(t, router, messagesRequest(asked, "", "http://localhost/v1/messages?beta=true")),
    /^HTTP\/1\.1 200 /,
  );
  const foreign = messagesRequest(asked, "", "http://localhost/v1/messages").replace("host: localhost", "host: evil");
  assert.match(await exchange(t, router, foreign), /^HTTP\/1\.1 403 /);
});

test("a content-length that is too small: 400, and the connection ends", async (t) => {
  const router = await startBeside(t, {});
  const request = messagesRequest(asked).replace(/content-length: \d+/, "content-length: 5");
  const client = await openRawClient(t, router.port);
  client.send(request);
  await client.closed;
  // The five bytes are no JSON, and what follows them is no HTTP.
  assert.match(client.received(), /^HTTP\/1\.1 400 [^]*HTTP\/1\.1 400 [^]*connection: close/);
});

test("a content-length beside chunks, twice, negative or no number: 400, and the connection ends", async (t) => {
  const router = await startBeside(t, {});
  for (const header of [
    "content-length: 5\r\ntransfer-encoding: chunked",
    "content-length: 5\r\ncontent-length: 6",
    "content-length: -1",
    "content-length: five",
  ]) {
    const request = messagesRequest(asked).replace(/content-length: \d+/, header);
    assert.match(
      await exchange(t, router, request),
      /^HTTP\/1\.1 400 [^]*connection: close[^]*one content-length in digits/,
      header,
    );
  }
});

test("headers beyond 16 KB: 431 in words, before any provider could take offence", async (t) => {
  const router = await startBeside(t, {});
  const request = messagesRequest(asked, `x-big: ${"x".repeat(17_000)}\r\n`);
  assert.match(await exchange(t, router, request), /^HTTP\/1\.1 431 [^]*headers are larger than 16384 bytes/);
  const large = messagesRequest(asked, `x-large: ${"x".repeat(15_000)}\r\n`);
  assert.match(await exchange(t, router, large), /^HTTP\/1\.1 200 /);
});

test("NUL bytes in headers: 400", async (t) => {
  const router = await startBeside(t, {});
  assert.match(await exchange(t, router, messagesRequest(asked, "x-nul: a\0b\r\n")), /^HTTP\/1\.1 400 /);
});

test("header values in UTF-8 or no encoding at all: passed to the provider byte by byte", async (t) => {
  const router = await startBeside(t, {});
  const text = messagesRequest(asked, "anthropic-note: Gr\u00fc\u00dfe \u{1F600} \\x\r\n");
  assert.match(await exchange(t, router, Buffer.from(text)), /^HTTP\/1\.1 200 /);
  const received = router.healthy.requests.map((request) => request.headers["anthropic-note"]).filter(Boolean);
  assert.deepEqual(received, [Buffer.from("Gr\u00fc\u00dfe \u{1F600} \\x").toString("latin1")]);
  const bytes = Buffer.from(messagesRequest(asked, "x-note: \xff\xfe\x80\r\n"), "latin1");
  assert.match(await exchange(t, router, bytes), /^HTTP\/1\.1 200 /);
});

test("model names with NUL, line breaks, emoji or half of one: an answer with valid headers", async (t) => {
  const router = await startBeside(t, {});
  for (const name of ["a\0b", "a\r\nset-cookie: x", "\u{1F600}", "\uD800", "ü", "x".repeat(500)]) {
    const { status, headers } = await post(`${router.url}/v1/messages`, { ...asked, model: `healthy/${name}` });
    assert.equal(status, 404, name);
    assert.equal(headers["set-cookie"], undefined);
    assert.match(String(headers["x-ccr-model"]), /^[\x20-\x7e]+$/);
    const listed = await fetch(`${router.url}/v1/models/${encodeURIComponent(name.toWellFormed())}`);
    assert.equal(listed.status, 404);
  }
  const unknown = await fetch(`${router.url}/v1/models/%zz`);
  assert.equal(unknown.status, 404);
  assert.match(await unknown.text(), /%zz is not configured; GET \/v1\/models lists what is/);
});

test("bytes that are no HTTP, TLS or HTTP/2 on the plain port: 400 in words, and the connection ends", async (t) => {
  const router = await startBeside(t, {});
  for (const bytes of ["\x16\x03\x01\x02\x00\x01\x00\x01", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "hello\r\n\r\n"]) {
    assert.match(await exchange(t, router, Buffer.from(bytes, "latin1")), /^HTTP\/1\.1 400 [^]*not well-formed HTTP/);
  }
});
