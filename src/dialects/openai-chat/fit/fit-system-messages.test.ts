import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../../core/json/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import { fitSystemMessages } from "./fit-system-messages.ts";

const known = defaultTraits({ provider: "p", model: "m" });
const traits = { ...known, hasMidConversationSystem: false };
const says = (role: string, content: JsonObject["x"]): JsonObject => ({ role, content });
const fitted = (...messages: JsonObject[]): unknown => fitSystemMessages({ messages }, traits)["messages"];

test("several system messages at the beginning become one", () => {
  const user = says("user", "q");
  const parts = says("developer", [{ type: "text", text: "b" }]);
  assert.deepEqual(fitted(says("system", "a"), says("system", "b"), user), [says("system", "a\n\nb"), user]);
  assert.deepEqual(fitted(says("system", "a"), parts, user), [
    says("system", [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ]),
    user,
  ]);
});

test("a later one becomes marked text of the user, joined with what the user says beside it", () => {
  const [system, question, answer] = [says("system", "a"), says("user", "q"), says("assistant", "w")];
  const marked = "<system>\nlate\n</system>";
  const late = says("system", "late");
  const image = { type: "image_url", image_url: { url: "data:" } };
  assert.deepEqual(fitted(system, question, late), [system, says("user", `q\n\n${marked}`)]);
  assert.deepEqual(fitted(question, answer, late, says("user", [image])), [
    question,
    answer,
    says("user", [{ type: "text", text: marked }, image]),
  ]);
  assert.deepEqual(fitted(question, answer, late), [question, answer, says("user", marked)]);
  assert.deepEqual(fitted(question, says("system", ""), answer), [question, answer]);
});

test("a system message among results comes after the last one", () => {
  const calls = { role: "assistant", content: null, tool_calls: [{ id: "a" }, { id: "b" }] };
  const results = ["a", "b"].map((id) => ({ role: "tool", tool_call_id: id, content: "ok" }));
  const user = says("user", "q");
  assert.deepEqual(fitted(user, calls, results[0]!, says("system", "late"), results[1]!), [
    user,
    calls,
    ...results,
    says("user", "<system>\nlate\n</system>"),
  ]);
});

test("what fits stays the same object", () => {
  const body = { messages: [says("system", "a"), says("user", "q"), says("user", "r")] };
  assert.equal(fitSystemMessages(body, traits), body);
  const late = { messages: [says("user", "q"), says("system", "a")] };
  assert.equal(fitSystemMessages(late, known), late);
});
