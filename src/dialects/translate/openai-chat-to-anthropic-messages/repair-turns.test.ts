import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { GatewayError } from "../../../core/errors/errors.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import { repairConversation } from "./repair-turns.ts";
import type { Turn } from "./turns.ts";

const traits = defaultTraits({ provider: "p", model: "m" });
const text = (words: string): JsonObject => ({ type: "text", text: words });
const use = (id: string): JsonObject => ({ type: "tool_use", id, name: "t", input: {} });
const result = (id: string, words?: string): JsonObject => ({
  type: "tool_result",
  tool_use_id: id,
  ...(words !== undefined && { content: [text(words)] }),
});
const user = (...content: JsonObject[]): Turn => ({ role: "user", content });
const model = (...content: JsonObject[]): Turn => ({ role: "assistant", content });
const noResult = (id: string): JsonObject => ({
  type: "tool_result",
  tool_use_id: id,
  is_error: true,
  content: "The tool gave no result.",
});

function repair(turns: readonly Turn[], hasPrefill = true, system: readonly JsonObject[] = []) {
  const notes = new Set<string>();
  const repaired = repairConversation({ system, turns }, { ...traits, hasPrefill }, notes);
  return { ...repaired, notes: [...notes] };
}

test("a conversation that the API accepts stays as it is", () => {
  const turns = [user(text("a")), model(text("b"), use("1"), use("2")), user(result("1"), result("2"), text("c"))];
  assert.deepEqual(repair(turns), { system: [], turns, notes: [] });
});

test("a conversation begins with the user: the system's words are the user's where there are no others", () => {
  const lone = repair([], true, [text("be brief")]);
  assert.deepEqual([lone.system, lone.turns], [[], [user(text("be brief"))]]);
  assert.match(lone.notes.join(), /system message became the user's/);
  const begun = repair([model(text("hello")), user(text("hi"))], true, [text("be brief")]);
  assert.deepEqual(begun.turns, [user(text("(continued)")), model(text("hello")), user(text("hi"))]);
  assert.deepEqual([begun.system, begun.notes], [[text("be brief")], ["a user turn was put before the first answer"]]);
  assert.throws(() => repair([]), GatewayError);
});

test("results stand at the start of the next turn, in the order of their calls", () => {
  const { turns, notes } = repair([
    user(text("a")),
    model(use("1"), use("2")),
    user(text("b"), result("2", "two"), result("1", "one")),
  ]);
  assert.deepEqual(turns[2], user(result("1", "one"), result("2", "two"), text("b")));
  assert.deepEqual(notes, []);
});

test("a call without a result gets one that says so, wherever the conversation goes on or ends", () => {
  const missing = ["an error result was put in for tool calls without one"];
  const { turns, notes } = repair([
    user(text("a")),
    model(use("1")),
    model(text("b")),
    user(text("c")),
    model(use("2")),
  ]);
  assert.deepEqual(turns, [
    user(text("a")),
    model(use("1")),
    user(noResult("1")),
    model(text("b")),
    user(text("c")),
    model(use("2")),
    user(noResult("2")),
  ]);
  assert.deepEqual(notes, missing);
  assert.deepEqual(
    repair([user(text("a")), model(use("1")), user(text("b"))]).turns[2],
    user(noResult("1"), text("b")),
  );
});

test("a result without its call is the user's own words", () => {
  const { turns, notes } = repair([user(result("1", "one"), result("2")), model(text("b")), user(text("c"))]);
  assert.deepEqual(turns[0], user(text("one"), text("(an empty tool result)")));
  assert.deepEqual(notes, ["a tool result without its call became content of the user"]);
});

test("ids that a provider counts anew are made different, and their results follow", () => {
  const round = [model(use("1"), use("")), user(result("", "b"), result("1", "a"))];
  const { turns } = repair([user(text("go")), ...round, ...round, ...round]);
  assert.deepEqual(turns.slice(1), [
    model(use("1"), use("call")),
    user(result("1", "a"), result("call", "b")),
    model(use("1_2"), use("_2")),
    user(result("1_2", "a"), result("_2", "b")),
    model(use("1_3"), use("_3")),
    user(result("1_3", "a"), result("_3", "b")),
  ]);
});

test("an answer begun for the model goes on without white space at its end, or is the model's to continue", () => {
  const turns = [user(text("a")), model(text("b \n"), text("c \n"))];
  assert.deepEqual(repair(turns).turns[1], model(text("b \n"), text("c")));
  const refused = repair(turns, false);
  assert.deepEqual(refused.turns, [...turns, user(text("Continue."))]);
  assert.equal(refused.notes.length, 1);
  const image = [user(text("a")), model({ type: "image" })];
  assert.deepEqual(repair(image).turns, image);
});

test("a last answer that holds nothing but thinking is left out, an earlier one stays", () => {
  const thought = model({ type: "thinking", thinking: "t", signature: "s" });
  const { turns, notes } = repair([user(text("a")), thought]);
  assert.deepEqual(turns, [user(text("a"))]);
  assert.deepEqual(notes, ["the last answer left out: it holds nothing but thinking"]);
  const earlier = [user(text("a")), thought, user(text("b"))];
  assert.deepEqual(repair(earlier).turns, earlier);
});

test("whatever the turns, each call has its one result next, and no result is without a call", () => {
  const id = fc.constantFrom("1", "2", "");
  const asked = fc.oneof(id.map(use), fc.constant(text("x")));
  const given = fc.oneof(
    id.map((one) => result(one)),
    fc.constant(text("y")),
  );
  const turn = fc.oneof(
    fc.array(asked, { minLength: 1, maxLength: 3 }).map((content) => model(...content)),
    fc.array(given, { minLength: 1, maxLength: 4 }).map((content) => user(...content)),
  );
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 8 }), fc.boolean(), (list, hasPrefill) => {
      const { turns } = repair(list, hasPrefill);
      assert.equal(turns[0]?.role, "user");
      const seen = new Set<unknown>();
      for (const [place, { role, content }] of turns.entries()) {
        assert.ok(content.length > 0);
        const before = turns[place - 1];
        const calls = before?.role === "assistant" ? before.content.filter(({ type }) => type === "tool_use") : [];
        const results = content.filter(({ type }) => type === "tool_result");
        if (calls.length > 0) assert.equal(role, "user");
        assert.deepEqual(
          results.map((one) => one["tool_use_id"]),
          calls.map((one) => one["id"]),
        );
        assert.deepEqual(content.slice(0, results.length), results);
        for (const call of calls) {
          assert.equal(seen.has(call["id"]), false);
          seen.add(call["id"]);
        }
      }
      if (!hasPrefill) assert.equal(turns.at(-1)?.role, "user");
      assert.ok(turns.at(-1)?.role === "user" || !turns.at(-1)!.content.some(({ type }) => type === "tool_use"));
    }),
    { numRuns: 300 },
  );
});
