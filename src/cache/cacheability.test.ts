import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../core/json/json.ts";
import { readDirectives, reasonNotToCache } from "./cacheability.ts";
import type { CacheableRequest } from "./cacheability.ts";

function requestOf(body: JsonObject): CacheableRequest {
  return {
    has: (field) => body[field] !== undefined,
    field: (name) => body[name],
    holds: (field, sign) => JSON.stringify(body[field] ?? null).includes(`"${sign}"`),
    body: () => body,
  };
}

const ask = (content: JsonObject["x"] = "Hi"): JsonObject => ({
  messages: [{ role: "user", content: content ?? null }],
});

test("a question that stands for itself may be cached", () => {
  for (const body of [
    ask(),
    { ...ask(), tools: [] },
    { ...ask(), temperature: 0, n: 1, store: false },
    { ...ask(), system: 'Be short. Say "assistant" and "tool_result".' },
    ask('He said "assistant" and "tool_use".'),
    ask([{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }]),
    ask([{ type: "image", source: { type: "base64", data: "AAAA" } }]),
  ]) {
    assert.equal(reasonNotToCache("messages", requestOf(body)), null, JSON.stringify(body));
  }
});

test("what depends on more than the request, or shall differ, may not", () => {
  const cases: readonly (readonly [JsonObject, RegExp])[] = [
    [{ ...ask(), tools: [{ name: "Bash" }] }, /tools/],
    [{ ...ask(), functions: [{ name: "run" }] }, /tools/],
    [{ ...ask(), mcp_servers: [{ url: "x" }] }, /tools/],
    [{ ...ask(), web_search_options: {} }, /tools/],
    [{ ...ask(), container: "c" }, /container/],
    [{ ...ask(), store: true }, /store/],
    [{ ...ask(), previous_response_id: "resp_1" }, /previous_response_id/],
    [{ ...ask(), conversation: "conv_1" }, /conversation: depends/],
    [{ ...ask(), temperature: 0.1 }, /temperature/],
    [{ ...ask(), n: 2 }, /n:/],
    [
      {
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      },
      /conversation/,
    ],
    [ask([{ type: "tool_result", tool_use_id: "t" }]), /conversation/],
    [{ messages: [{ role: "tool", content: "x" }] }, /conversation/],
    [{ messages: [{ role: "function", name: "f", content: "x" }] }, /conversation/],
    [ask([{ type: "tool_use", id: "t", name: "Bash", input: {} }]), /conversation/],
    [ask([{ type: "image", source: { type: "url", url: "https://a.example/b.png" } }]), /outside/],
    [ask([{ type: "document", source: { type: "file", file_id: "file_1" } }]), /outside/],
    [
      ask([
        { type: "text", text: "What is this?" },
        { type: "image", source: { type: "url", url: "https://a.example/b.png" } },
      ]),
      /outside/,
    ],
    [{ ...ask(), system: [{ type: "document", source: { type: "file", file_id: "file_1" } }] }, /outside/],
  ];
  for (const [body, reason] of cases) {
    assert.match(reasonNotToCache("messages", requestOf(body)) ?? "none", reason, JSON.stringify(body));
  }
});

test("a count of tokens may be cached whatever is counted", () => {
  const body = { messages: [{ role: "assistant", content: "b" }], tools: [{ name: "Bash" }], temperature: 1 };
  assert.equal(reasonNotToCache("count-tokens", requestOf(body)), null);
});

test("headers are read as RFC 9111 has them; what is not known does not count", () => {
  const read = (cacheControl?: string, own?: string) => readDirectives(cacheControl, own);
  const plain = { isOff: false, wantsFresh: false, maxAgeMs: null, isAsked: false };
  assert.deepEqual(read(), plain);
  assert.deepEqual(read("max-stale=5, private, max-age=x, max-age"), plain);
  assert.deepEqual(read("No-Store"), { ...plain, isOff: true });
  assert.deepEqual(read("no-cache , max-age=60"), { ...plain, wantsFresh: true, maxAgeMs: 60_000 });
  assert.deepEqual(read('max-age="10",max-age=5'), { ...plain, maxAgeMs: 5_000 });
  assert.deepEqual(read(undefined, " ON "), { ...plain, isAsked: true });
  for (const word of ["off", "bypass"]) assert.deepEqual(read(undefined, word), { ...plain, isOff: true });
  assert.deepEqual(read(undefined, "refresh"), { ...plain, wantsFresh: true });
});
