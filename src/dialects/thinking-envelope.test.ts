import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../core/json/json.ts";
import {
  formatThinkingEnvelope,
  holdsThinkingEnvelope,
  parseThinkingEnvelope,
  stripForeignThinking,
} from "./thinking-envelope.ts";

const envelope = formatThinkingEnvelope({ provider: "gemini", toolSignatures: { call_1: "sig" }, details: [{ a: 1 }] });

test("an envelope comes back as it was", () => {
  assert.match(envelope, /^ccr1\.[A-Za-z0-9_-]+$/);
  assert.deepEqual(parseThinkingEnvelope(envelope), {
    provider: "gemini",
    toolSignatures: { call_1: "sig" },
    details: [{ a: 1 }],
  });
});

test("what is no envelope, or a damaged one, is none", () => {
  const other = `ccr1.${Buffer.from('{"provider":5}').toString("base64url")}`;
  for (const text of [undefined, null, 7, "", "EqRkLz", "ccr1.", "ccr1.!!!", envelope.slice(0, -9), other]) {
    assert.equal(parseThinkingEnvelope(text), null);
  }
});

test("odd members of an envelope are passed over", () => {
  const odd = Buffer.from('{"provider":"p","details":"x","toolSignatures":{"a":1,"b":"s"}}').toString("base64url");
  assert.deepEqual(parseThinkingEnvelope(`ccr1.${odd}`), { provider: "p", toolSignatures: { b: "s" } });
});

test("only our blocks are stripped from a body for an Anthropic provider", () => {
  const theirs: JsonObject = { type: "thinking", thinking: "t", signature: "EqRk" };
  const body: JsonObject = {
    model: "m",
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "redacted_thinking", data: envelope }] },
      {
        role: "assistant",
        content: [{ type: "thinking", thinking: "x", signature: envelope }, theirs, { type: "text", text: "a" }],
      },
    ],
  };
  assert.ok(holdsThinkingEnvelope(Buffer.from(JSON.stringify(body))));
  const stripped = stripForeignThinking(body);
  assert.deepEqual(stripped["messages"], [
    { role: "user", content: "hi" },
    { role: "assistant", content: [theirs, { type: "text", text: "a" }] },
  ]);
  assert.equal(holdsThinkingEnvelope(Buffer.from(JSON.stringify(stripped))), false);
  assert.equal(stripForeignThinking(stripped), stripped);
});
