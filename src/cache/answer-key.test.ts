import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { noLimits } from "../core/caller.ts";
import type { Caller } from "../core/caller.ts";
import type { JsonObject, JsonValue } from "../core/json/json.ts";
import { answerKey } from "./answer-key.ts";
import type { AnswerQuestion } from "./answer-key.ts";
import { canonicalJson } from "./canonical-json.ts";

const ana: Caller = { user: "ana", team: "red", tier: "s", keyId: "k", allowedModels: null, limits: noLimits };

function ask(body: JsonObject | string, change: Partial<AnswerQuestion> = {}): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const key = answerKey({
    target: { provider: "p", model: "m" },
    origin: "https://p.example",
    path: "/v1/messages?beta=true",
    dialect: "anthropic-messages",
    headers: {},
    body: Buffer.from(text),
    caller: ana,
    scope: "user",
    ...change,
  });
  assert.ok(key !== null, text);
  return key.text;
}

/** The same value written in another way: keys in another order, space, escapes, numbers with a fraction. */
function rewrite(value: JsonValue, random: () => number): string {
  const space = (): string => ["", " ", "\n\t"][Math.floor(random() * 3)]!;
  if (typeof value === "string") return random() < 0.5 ? JSON.stringify(value) : escapeAll(value);
  if (typeof value === "number")
    return Number.isInteger(value) && random() < 0.5 ? `${value}.0` : JSON.stringify(value);
  if (Array.isArray(value)) return `[${space()}${value.map((item) => rewrite(item, random) + space()).join(",")}]`;
  if (value === null || typeof value === "boolean") return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, item]) => `${space()}${rewrite(key, random)}${space()}:${space()}${rewrite(item!, random)}${space()}`,
  );
  return `{${members.sort(() => random() - 0.5).join(",")}}`;
}

function escapeAll(text: string): string {
  const units = Array.from({ length: text.length }, (_, place) => text.charCodeAt(place).toString(16).padStart(4, "0"));
  return `"${units.map((unit) => `\\u${unit}`).join("")}"`;
}

const smallNumber = fc.oneof(
  fc.integer({ min: -9999, max: 9999 }),
  fc.integer({ min: -9999, max: 9999 }).map((n) => n / 8),
);
const json = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('"', "\\", "/", "\n", "é", "\u0001", "😀", "a"), maxLength: 90 }),
    smallNumber,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc.dictionary(fc.string({ unit: "grapheme", maxLength: 6 }), tie("value"), {
    maxKeys: 6,
    noNullPrototype: true,
  }),
}));

test("however a body is written, its key is the same", () => {
  fc.assert(
    fc.property(json.object, fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (body, stream) => {
      const random = (): number => stream.next().value;
      assert.equal(ask(rewrite(body, random)), ask(body));
    }),
    { numRuns: 400 },
  );
});

test("any two bodies that mean different things have different keys", () => {
  fc.assert(
    fc.property(json.object, json.object, (one, other) => {
      fc.pre(!deepEqual(one, other));
      assert.notEqual(ask({ x: one }), ask({ x: other }));
    }),
    { numRuns: 400 },
  );
});

test("any single change of a body changes its key", () => {
  fc.assert(
    fc.property(json.object, fc.nat(), fc.constantFrom("leave-out", "add", "change"), (body, at, how) => {
      const keys = Object.keys(body);
      const key = keys[at % Math.max(1, keys.length)] ?? "x";
      const changed: JsonObject = { ...body };
      if (how === "leave-out" && keys.length > 0) delete changed[key];
      else if (how === "change" && keys.length > 0) changed[key] = [body[key]!, 1];
      else changed[`${key}!`] = 1;
      assert.notEqual(ask({ x: changed }), ask({ x: body }));
    }),
    { numRuns: 400 },
  );
});

function deepEqual(one: unknown, other: unknown): boolean {
  try {
    assert.deepStrictEqual(one, other);
    return true;
  } catch {
    return false;
  }
}

test("numbers that lose digits when they are read stay different", () => {
  assert.notEqual(ask('{"seed":12345678901234567890}'), ask('{"seed":12345678901234567891}'));
  assert.equal(ask('{"n":1e2}'), ask('{"n":100}'));
});

test("a key that stands twice makes another document, whichever of the two counts", () => {
  const [twice, swapped] = [ask('{"a":1,"a":2}'), ask('{"a":2,"a":1}')];
  assert.equal(new Set([twice, swapped, ask('{"a":1}'), ask('{"a":2}')]).size, 4);
});

test("what is no JSON object has no key, and cannot exhaust the stack", () => {
  const broken = [
    "",
    "[]",
    "1",
    '"a"',
    "{",
    '{"a"',
    '{"a":}',
    '{"a":1',
    '{"a":1,}',
    '{"a":"x',
    '{"a":1}}',
    '"a":1}',
    '{"a":"\\ud8"}',
  ];
  for (const text of broken) assert.equal(canonicalJson(Buffer.from(text)), null, text);
  assert.equal(canonicalJson(Buffer.from(`{"a":${"[".repeat(100_000)}`)), null);
});

test("long texts, with escapes and without, are what they are", () => {
  const plain = "x".repeat(10_000);
  const escaped = 'a "quoted" line\n'.repeat(1_000);
  assert.equal(
    canonicalJson(Buffer.from(JSON.stringify({ b: plain, a: escaped })))?.toString(),
    `{"a":${JSON.stringify(escaped)},"b":"${plain}"}`,
  );
});

test("no document takes long to order: members out of order at hundreds of levels, thousands of long keys", () => {
  const nested = (levels: number): Buffer =>
    Buffer.from(`${'{"b":'.repeat(levels)}"${"x".repeat(10_000)}"${',"a":1}'.repeat(levels)}`);
  assert.ok(canonicalJson(nested(30)) !== null);
  assert.ok(canonicalJson(nested(200)) === null);
  const alike = (count: number): Buffer =>
    Buffer.from(
      `{${Array.from({ length: count }, (_, place) => `"${"x".repeat(999)}${(place * 7) % count}":1`).join()}}`,
    );
  assert.ok(canonicalJson(alike(50)) !== null);
  assert.ok(canonicalJson(alike(2_003)) === null);
});

test("a key is of its own document, whatever was read before it", () => {
  const long = { z: "x".repeat(200_000), a: { d: 1, c: [] } };
  const document = (): string | undefined => canonicalJson(Buffer.from('{"b":1,"a":2}'), undefined, "é")?.toString();
  for (const before of ['{"a":[[1,"x"', JSON.stringify(long), '{"a":1', "{}"]) {
    canonicalJson(Buffer.from(before));
    assert.equal(document(), 'é{"a":2,"b":1}');
  }
});

const question: JsonObject = { model: "m", messages: [{ role: "user", content: "Hi" }] };

test("delivery, session and user ids, and the attribution do not count", () => {
  const plain = ask(question);
  for (const change of [
    { stream: true },
    { stream: false, stream_options: { include_usage: true } },
    { metadata: { user_id: "user_1_session_2" } },
  ]) {
    assert.equal(ask({ ...question, ...change }), plain, JSON.stringify(change));
  }
  const attribution = { type: "text", text: "x-anthropic-billing-header: cc_version=2; cch=1;" };
  const said = { type: "text", text: "Be short." };
  assert.equal(ask({ ...question, system: [attribution, said] }), ask({ ...question, system: [said] }));
  assert.equal(
    ask({ ...question, system: `${attribution.text}\nBe short.` }),
    ask({ ...question, system: "Be short." }),
  );
  const both = { type: "text", text: `${attribution.text}\nBe short.` };
  assert.equal(ask({ ...question, system: [both] }), ask({ ...question, system: [said] }));
  assert.notEqual(ask({ ...question, system: [both] }), ask({ ...question, system: [] }));
  const more = { type: "text", text: "Answer in French." };
  for (const first of [attribution, both]) {
    assert.notEqual(ask({ ...question, system: [first, more] }), ask({ ...question, system: [first] }));
  }
  assert.notEqual(ask({ ...question, system: [said] }), plain);
  assert.notEqual(ask({ ...question, metadata: { user_id: "a", other: 1 } }), plain);
  const chat = { dialect: "openai-chat" } as const;
  const ids = { user: "ana", safety_identifier: "s", prompt_cache_key: "c" };
  assert.equal(ask({ ...question, ...ids }, chat), ask(question, chat));
  assert.notEqual(ask({ ...question, user: "ana" }), plain);
});

test("target, address, path, dialect and headers count; credentials, and headers that are known to change nothing, do not", () => {
  const plain = ask(question);
  const changes: Partial<AnswerQuestion>[] = [
    { target: { provider: "q", model: "m" } },
    { target: { provider: "p", model: "n" } },
    { origin: "https://q.example" },
    { path: "/v1/messages" },
    { dialect: "openai-chat" },
    { headers: { "anthropic-beta": "a" } },
    { headers: { "anthropic-version": "2023-06-01" } },
    { headers: { "openai-organization": "o" } },
    { headers: { "x-amzn-bedrock-guardrailidentifier": "strict" } },
    { headers: { "x-portkey-config": '["a","b","c","d"]' } },
    { headers: { "x-portkey-config": '["a","c","b","d"]' } },
    { headers: { "helicone-fallbacks": "f" } },
    { headers: { "cf-aig-metadata": "m" } },
    { headers: { "x-litellm-tags": "t" } },
    { headers: { "x-of-nobody-known": "1" } },
  ];
  const keys = changes.map((change) => ask(question, change));
  assert.equal(new Set([plain, ...keys]).size, changes.length + 1);
  const irrelevant = {
    authorization: "Bearer x",
    "x-api-key": "y",
    "user-agent": "z",
    "x-claude-code-session-id": "s",
    "x-stainless-retry-count": "1",
    "x-app": "cli",
    "http-referer": "r",
    "x-request-id": "i",
    traceparent: "t",
    "cf-ray": "c",
    "x-amz-cf-id": "a",
    "x-azure-ref": "r",
    "x-appgw-trace-id": "g",
    "fly-request-id": "f",
    newrelic: "n",
    "cache-control": "no-cache",
    "content-type": "application/json",
  };
  assert.equal(ask(question, { headers: irrelevant }), plain);
  const beta = (list: string): string => ask(question, { headers: { "anthropic-beta": list } });
  assert.equal(beta("a, b"), beta("b,a"));
  assert.notEqual(beta("a"), beta("a,b"));
  assert.notEqual(beta("a,c"), beta("a,b"));
  const headers = { "anthropic-beta": "a", "openai-beta": "b" };
  assert.equal(ask(question, { headers }), ask(question, { headers: { "openai-beta": "b", "anthropic-beta": "a" } }));
  assert.notEqual(ask(question, { headers }), ask(question, { headers: { ...headers, "openai-beta": "c" } }));
  assert.notEqual(beta("b"), ask(question, { headers: { "openai-beta": "b" } }));
  const inBrowser = { "anthropic-dangerous-direct-browser-access": "true" };
  assert.equal(ask(question, { headers: inBrowser }), plain);
});

test("callers of different scopes have different keys", () => {
  const ben = { ...ana, user: "ben" };
  const cem = { ...ana, user: "cem", team: null };
  const keyOf = (caller: Caller, scope: "user" | "team" | "all"): string => ask(question, { caller, scope });
  assert.notEqual(keyOf(ana, "user"), keyOf(ben, "user"));
  assert.equal(keyOf(ana, "team"), keyOf(ben, "team"));
  assert.notEqual(keyOf(ana, "team"), keyOf(cem, "team"));
  assert.equal(keyOf(cem, "team"), keyOf(cem, "user"));
  assert.equal(keyOf(ana, "all"), keyOf(cem, "all"));
  // A team cannot be named so that it looks like a user.
  assert.notEqual(keyOf({ ...ana, team: "user:cem" }, "team"), keyOf(cem, "user"));
});
