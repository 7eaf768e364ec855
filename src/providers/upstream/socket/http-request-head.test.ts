import { strict as assert } from "node:assert";
import { test } from "node:test";
import { SharedHeaders } from "../shared-headers.ts";
import { UnsendableRequest, renderFixedLines, renderRequestHead } from "./http-request-head.ts";
import type { UpstreamRequest } from "../upstream.ts";

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

test("headers that stand in many requests are in each of them, and give way to the request's own", () => {
  const shared = new SharedHeaders({ "x-api-key": "configured", "x-app": "cli" });
  const linesOf = (headers: UpstreamRequest["headers"]): string => {
    const head = renderRequestHead({ ...request, headers, shared }, fixed);
    return typeof head === "string" ? head.split("\r\n").slice(3, -3).join(" ") : head.problem;
  };
  for (let round = 0; round < 2; round++) {
    assert.equal(linesOf({ traceparent: "t" }), "x-api-key: configured x-app: cli traceparent: t");
    assert.equal(linesOf({ "x-api-key": "own" }), "x-api-key: own x-app: cli");
    assert.equal(linesOf({ "x-bad": "a\n" }), "invalid value of header x-bad");
  }
  const bad = new SharedHeaders({ "x-bad": "a\n" });
  for (const headers of [{}, { "x-app": "cli" }])
    for (let round = 0; round < 2; round++)
      assert.ok(renderRequestHead({ ...request, headers, shared: bad }, fixed) instanceof UnsendableRequest);
});
