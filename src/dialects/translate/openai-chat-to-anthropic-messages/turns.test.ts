/** Whatever conversation comes, its turns and calls keep the API's rules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { GatewayError } from "../../../core/errors/errors.ts";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { translateRequest } from "./request.ts";
import { traits, user } from "./test-request.ts";

const message: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    role: fc.constantFrom("user", "system", "developer", "assistant"),
    content: fc.constantFrom("a", "b", " ", ""),
  }),
  fc.record({
    role: fc.constant("assistant"),
    content: fc.constantFrom("c", null),
    tool_calls: fc
      .uniqueArray(fc.constantFrom("1", "2", "3.4"), { minLength: 1 })
      .map((ids) => ids.map((id): JsonValue => ({ id, type: "function", function: { name: "f", arguments: "{}" } }))),
  }),
  fc.record({
    role: fc.constant("tool"),
    tool_call_id: fc.constantFrom("1", "2", "3.4"),
    content: fc.constantFrom("r", ""),
  }),
);

/** The API's rules for a conversation, the broken ones. */
function brokenRules(turns: readonly JsonObject[], hasPrefill: boolean): string[] {
  const broken: string[] = [];
  const blocks = (turn: JsonObject | undefined): JsonObject[] => toJsonArray(turn?.["content"]).map(toJsonObject);
  const idsOf = (turn: JsonObject | undefined, type: string, field: string): unknown[] =>
    blocks(turn)
      .filter((block) => block["type"] === type)
      .map((block) => block[field]);
  const allUses = turns.flatMap((turn) => idsOf(turn, "tool_use", "id"));
  if (new Set(allUses).size < allUses.length) broken.push("no id used twice");
  if (turns[0]?.["role"] !== "user") broken.push("begins with the user");
  if (!hasPrefill && turns.at(-1)?.["role"] === "assistant") broken.push("ends where the target may go on");
  for (const [index, turn] of turns.entries()) {
    const previous = turns[index - 1];
    const next = turns[index + 1];
    if (blocks(turn).length === 0) broken.push("no empty turn");
    if (
      blocks(turn).some(
        (block) => block["type"] === "text" && /^\s*$/.test(typeof block["text"] === "string" ? block["text"] : ""),
      )
    )
      broken.push("no blank text");
    if (turn["role"] === previous?.["role"]) broken.push("one turn for neighbours");
    if (turn["role"] === "system" && previous?.["role"] !== "user") broken.push("system after user");
    if (turn["role"] === "system" && next !== undefined && next["role"] !== "assistant")
      broken.push("answer after system");
    const asked = idsOf(previous, "tool_use", "id");
    const answered = idsOf(turn, "tool_result", "tool_use_id");
    if (new Set(answered).size < answered.length) broken.push("one result for each use");
    if (asked.some((id) => !answered.includes(id))) broken.push("every use has its result");
    if (answered.some((id) => !asked.includes(id))) broken.push("every result has its use");
    if (
      blocks(turn)
        .slice(0, answered.length)
        .some((block) => answered.length > 0 && block["type"] !== "tool_result")
    ) {
      broken.push("results first");
    }
  }
  if (idsOf(turns.at(-1), "tool_use", "id").length > 0) broken.push("the last use has its result");
  return broken;
}

test("whatever conversation comes, the API's rules are kept", () => {
  const property = fc.property(
    fc.array(message, { minLength: 1, maxLength: 8 }),
    fc.boolean(),
    fc.boolean(),
    (messages, hasSystem, hasPrefill) => {
      const target = { ...traits, hasMidConversationSystem: hasSystem, hasPrefill };
      let turns: JsonObject[] = [];
      try {
        turns = toJsonArray(translateRequest({ messages }, target).body["messages"]).map(toJsonObject);
      } catch (error) {
        assert.ok(error instanceof GatewayError && error.code === "caller_invalid_request");
        return;
      }
      assert.deepEqual(brokenRules(turns, hasPrefill), []);
    },
  );
  fc.assert(property, { numRuns: 400 });
});

test("an empty answer after a system message leaves no two questions around it", () => {
  const messages = [user, { role: "developer", content: "Be brief." }, { role: "assistant", content: "" }, user];
  const { body } = translateRequest({ messages }, { ...traits, hasMidConversationSystem: true });
  assert.deepEqual(brokenRules(toJsonArray(body["messages"]).map(toJsonObject), true), []);
});

test("ids that a provider counted anew in each turn are made unique, calls and results alike", () => {
  const use = (content: string): JsonObject[] => [
    { role: "assistant", tool_calls: [{ id: "call_0", type: "function", function: { name: "f", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "call_0", content },
  ];
  const { body } = translateRequest({ messages: [user, ...use("one"), ...use("two")] }, traits);
  const turns = JSON.stringify(toJsonArray(body["messages"]).slice(3));
  assert.ok(turns.includes('"id":"call_0_2"'), turns);
  assert.ok(turns.includes('"tool_use_id":"call_0_2","content":[{"type":"text","text":"two"}]'), turns);
});

test("ids that differ only in what the API refuses stay apart: each call keeps its own result", () => {
  const ids = ["f.0", "f:0"];
  const calls = ids.map((id): JsonObject => ({ id, type: "function", function: { name: "f", arguments: "{}" } }));
  const results = ids.toReversed().map((id): JsonObject => ({ role: "tool", tool_call_id: id, content: id }));
  const { body } = translateRequest({ messages: [user, { role: "assistant", tool_calls: calls }, ...results] }, traits);
  const blocks = toJsonArray(body["messages"]).map((turn) =>
    toJsonArray(toJsonObject(turn)["content"]).map(toJsonObject),
  );
  const [, uses, answers] = blocks;
  const used = uses!.map(({ id }) => id);
  for (const id of used) assert.match(JSON.stringify(id), /^"[a-zA-Z0-9_-]+"$/);
  assert.deepEqual(
    answers!.map(({ tool_use_id: id, content }) => [id, toJsonObject(toJsonArray(content)[0])["text"]]),
    [
      [used[0], "f.0"],
      [used[1], "f:0"],
    ],
  );
});

test("a conversation of very many messages takes no time that grows with its square", () => {
  const times = 20_000;
  const callOf = (id: string): JsonObject => ({ id, type: "function", function: { name: "t", arguments: "{}" } });
  const ids = Array.from({ length: times }, (_, place) => `c${place}`);
  const results = ids.toReversed().map((id): JsonObject => ({ role: "tool", tool_call_id: id, content: id }));
  const conversations: JsonObject[][] = [
    Array.from({ length: 5 * times }, () => user),
    [user, { role: "assistant", tool_calls: ids.map(callOf) }, ...results],
    [user, { role: "assistant", tool_calls: ids.map(() => callOf("same")) }],
  ];
  const startedAt = performance.now();
  const [, calls] = conversations.map((messages) => translateRequest({ messages }, traits).body["messages"]);
  assert.ok(performance.now() - startedAt < 5_000);
  const answers = toJsonArray(toJsonObject(toJsonArray(calls).at(-1))["content"]).map(toJsonObject);
  assert.deepEqual(
    answers.map((block) => block["tool_use_id"]),
    ids,
  );
});
