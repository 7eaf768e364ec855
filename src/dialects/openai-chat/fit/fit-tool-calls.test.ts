import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../../core/json/json.ts";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { fitToolCalls } from "./fit-tool-calls.ts";

const traits = (changes: Partial<TargetTraits>): TargetTraits => ({
  ...defaultTraits({ provider: "p", model: "m" }),
  ...changes,
});
const call = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: "function",
  function: { name: "f" },
  ...more,
});
const loop = (...calls: JsonObject[]): JsonObject => ({
  messages: [
    { role: "user", content: "Hi" },
    { role: "assistant", content: null, tool_calls: calls },
    ...calls.map(({ id }) => ({ role: "tool", tool_call_id: id!, content: "ok" })),
  ],
});
const callsOf = (body: JsonObject): JsonObject[] =>
  toJsonArray(toJsonObject(toJsonArray(body["messages"])[1])["tool_calls"]).map(toJsonObject);
const signed = { extra_content: { google: { thought_signature: "s" } } };

test("an id that does not fit becomes one that does, the same for call and result; one that fits stays", () => {
  const fitted = fitToolCalls(
    loop(call("toolu_01AbC"), call("a1B2c3D4e")),
    traits({ toolCallIdPattern: "alphanumeric-9" }),
  );
  const ids = callsOf(fitted).map(({ id }) => id);
  assert.match(JSON.stringify(ids[0]), /^"[a-zA-Z0-9]{9}"$/);
  assert.equal(ids[1], "a1B2c3D4e");
  const results = toJsonArray(fitted["messages"])
    .slice(2)
    .map((message) => toJsonObject(message)["tool_call_id"]);
  assert.deepEqual(results, ids);
});

test("the first call of a turn gets Google's stand-in where it has no signature", () => {
  const gemini = traits({ hasThoughtSignatures: true });
  const [first, second] = callsOf(fitToolCalls(loop(call("a"), call("b")), gemini));
  assert.deepEqual(first?.["extra_content"], { google: { thought_signature: "skip_thought_signature_validator" } });
  assert.equal(second?.["extra_content"], undefined);
  const own = loop(call("a", signed), call("b"));
  assert.equal(fitToolCalls(own, gemini), own);
});

test("a signature stays away from servers that refuse its field", () => {
  const body = loop(call("a", signed));
  assert.deepEqual(callsOf(fitToolCalls(body, traits({ refusesUnknownFields: true }))), [call("a")]);
  assert.equal(fitToolCalls(body, traits({})), body);
});
