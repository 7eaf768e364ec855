/** What a request that is wrong gets: through the whole router. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { errorOf, good, post, startAccessRouter } from "./access-router.ts";

/** As text: JSON.stringify itself gives up on so many. */
function nested(levels: number): string {
  return `${"[".repeat(levels)}${"]".repeat(levels)}`;
}

describe("requests that are wrong", () => {
  for (const [what, body, words] of [
    ["no JSON", "{invalid json", /byte 1/],
    ["a list", "[]", /not a JSON object/],
    ["nothing", "", /the body is empty: send a JSON object/],
    ["no model", { max_tokens: 1, messages: [] }, /model: a non-empty string/],
    ["a model longer than any name", { model: "é".repeat(257), messages: [] }, /model: longer than 512 bytes/],
    ["a model that is no string", { model: 5, messages: [] }, /model: a non-empty string/],
    ["no messages", { model: "claude-sonnet-4-5", max_tokens: 1 }, /messages: field required/],
    ["lists without end", `{"model":"m","messages":${nested(5_000)}}`, /more than 1000 levels deep/],
  ] as const) {
    test(`${what}: 400 that says what and where`, async (t) => {
      const router = await startAccessRouter(t);
      for (const path of ["/v1/messages", "/v1/chat/completions"]) {
        const error = await errorOf(await post(router, body, {}, path));
        assert.deepEqual([error.status, error.type], [400, "invalid_request_error"]);
        assert.match(error.message, words);
      }
    });
  }

  test("a body beyond the limit gets 413, whether announced, sent in chunks or hidden by compression", async (t) => {
    const { gzipSync } = await import("node:zlib");
    const router = await startAccessRouter(t, { server: { bodyLimitBytes: 2000 } });
    const large = JSON.stringify({ ...good, filler: "x".repeat(5000) });
    const chunked = new ReadableStream({
      start(controller) {
        for (let at = 0; at < large.length; at += 500) controller.enqueue(Buffer.from(large.slice(at, at + 500)));
        controller.close();
      },
    });
    const send = (body: string | Buffer | ReadableStream, headers = {}): Promise<Response> =>
      fetch(`${router.url}/v1/messages`, { method: "POST", body, headers, duplex: "half" });
    for (const answer of [
      await send(large),
      await send(chunked),
      await send(gzipSync(large), { "content-encoding": "gzip" }),
    ]) {
      const { type, message } = await errorOf(answer);
      assert.deepEqual([answer.status, type], [413, "request_too_large"]);
      assert.match(message, /larger than 2000 bytes \(server\.bodyLimitBytes\)/);
    }
  });

  test("an unknown encoding gets 415, a damaged one 400", async (t) => {
    const router = await startAccessRouter(t);
    for (const encoding of ["rot13", "constructor"]) {
      assert.equal((await post(router, good, { "content-encoding": encoding })).status, 415);
    }
    assert.equal((await post(router, good, { "content-encoding": "gzip" })).status, 400);
  });

  test("a wrong method gets 405 with the right one, an unknown path 404, in the client's shape", async (t) => {
    const router = await startAccessRouter(t);
    const answer = await fetch(`${router.url}/v1/messages`);
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST"]);
    const nothing = await fetch(`${router.url}/nothing`, { headers: { "anthropic-version": "2023-06-01" } });
    assert.equal(nothing.status, 404);
    assert.equal(((await nothing.json()) as { type: string }).type, "error");
  });

  test("an endpoint of a provider's API that the router has not gets 501, which clients do not try again", async (t) => {
    const router = await startAccessRouter(t);
    for (const path of ["/v1/messages/batches", "/v1/files", "/v1/embeddings", "/v1/responses"]) {
      const answer = await post(router, {}, { "anthropic-version": "2023-06-01" }, path);
      const error = await errorOf(answer);
      assert.deepEqual([error.status, error.type, error.retry], [501, "not_supported", "false"]);
      assert.match(error.message, /asked at \/v1\/messages and \/v1\/chat\/completions/);
    }
  });

  test("a base URL with one /v1 too many, or without it, is told as that", async (t) => {
    const router = await startAccessRouter(t);
    for (const [path, status, hint] of [
      ["/v1/v1/messages", 501, /leave \/v1 off the client's base URL/],
      ["/chat/completions", 404, /end the client's base URL in \/v1/],
      ["/messages", 404, /end the client's base URL in \/v1/],
      ["//v1/messages", 404, /end the client's base URL without a slash/],
    ] as const) {
      const error = await errorOf(await post(router, good, {}, path));
      assert.equal(error.status, status);
      assert.match(error.message, hint);
    }
  });

  test("what is no HTTP gets an answer and its connection closed", async (t) => {
    const router = await startAccessRouter(t);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(router.port, router.host, () => socket.write("HELLO\r\n\r\n"));
      let received = "";
      socket.on("data", (chunk) => (received += chunk.toString()));
      socket.on("close", () => resolve(received));
      socket.on("error", reject);
    });
    assert.match(text, /^HTTP\/1\.1 400 /);
  });

  test("a body that does not arrive in time ends with 408 and the connection", async (t) => {
    const router = await startAccessRouter(t, { server: { requestTimeoutMs: 100 } });
    const text = await new Promise<string>((resolve, reject) => {
      const head = "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
      const socket = connect(router.port, router.host, () => socket.write(head));
      let received = "";
      socket.on("data", (chunk) => (received += chunk.toString()));
      socket.on("close", () => resolve(received));
      socket.on("error", reject);
    });
    assert.match(text, /^HTTP\/1\.1 408 /);
  });
});
