import { strict as assert } from "node:assert";
import { test } from "node:test";
import { UnsendableRequest, renderFixedLines, renderRequestHead } from "./http-request-head.ts";
import type { UpstreamRequest } from "./upstream.ts";

const request: UpstreamRequest = {
  method: "POST",
  path: "/v1/messages?beta=true",
  headers: { "x-api-key": "k", "x-name": "é" },
  body: Buffer.from("{}"),
  timeouts: { connectMs: 1, firstByteMs: 1, betweenBytesMs: 1 },
};
const fixed = renderFixedLines("gw.example:8080");

test("a head has its lines in order and tells the body's length", () => {
  assert.equal(
    renderRequestHead(request, fixed),
    "POST /v1/messages?beta=true HTTP/1.1\r\nhost: gw.example:8080\r\nconnection: keep-alive\r\n" +
      "x-api-key: k\r\nx-name: é\r\ncontent-length: 2\r\n\r\n",
  );
});

test("a request without a body says so where one is expected", () => {
  const text = (changes: Partial<UpstreamRequest>): string =>
    JSON.stringify(renderRequestHead({ ...request, ...changes }, fixed));
  assert.match(text({ body: null }), /content-length: 0/);
  assert.doesNotMatch(text({ method: "GET", body: null }), /content-length/);
});

test("nothing that ends a line early, or is no byte, gets into a head", () => {
  for (const value of ["a\r\nx: y", "a\n", "a\r", "\0", "\u007f", "漢"]) {
    const head = renderRequestHead({ ...request, headers: { "x-bad": value } }, fixed);
    assert.ok(head instanceof UnsendableRequest);
    assert.match(head.problem, /x-bad/);
  }
  for (const name of ["", "a b", "a:", "a\r\n", "X-Upper", "é"]) {
    assert.ok(renderRequestHead({ ...request, headers: { [name]: "v" } }, fixed) instanceof UnsendableRequest);
  }
  for (const path of ["", "v1", "/a b", "/a\r\n", "/漢"]) {
    assert.ok(renderRequestHead({ ...request, path }, fixed) instanceof UnsendableRequest);
  }
});
