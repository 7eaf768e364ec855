/** Which tools are offered, and how a choice among them reaches the target. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { translateRequest } from "./request.ts";
import { refusalOf, traits, user } from "./test-request.ts";

test("only the allowed tools are offered", () => {
  const tools = ["f", "g"].map((name) => ({ type: "function", function: { name } }));
  const allowed = { mode: "required", tools: [{ type: "function", function: { name: "g" } }] };
  const { body } = translateRequest(
    { messages: [user], tools, tool_choice: { type: "allowed_tools", allowed_tools: allowed } },
    traits,
  );
  assert.deepEqual(
    toJsonArray(body["tools"]).map((tool) => toJsonObject(tool)["name"]),
    ["g"],
  );
  assert.deepEqual(body["tool_choice"], { type: "any" });
});

test("where none of the allowed tools is offered none is called, and a call that is forced is refused", () => {
  const tools = ["f", "g"].map((name) => ({ type: "function", function: { name } }));
  for (const allowed of [[], [{ type: "function", function: { name: "h" } }]]) {
    const choice = (mode: string): JsonObject => ({
      messages: [user],
      tools,
      tool_choice: { type: "allowed_tools", allowed_tools: { mode, tools: allowed } },
    });
    const { body, notes } = translateRequest(choice("auto"), traits);
    assert.equal(toJsonArray(body["tools"]).length, 2);
    assert.deepEqual(body["tool_choice"], { type: "none" });
    assert.deepEqual(notes, ["`tool_choice` allows none of the tools: none may be called"]);
    assert.equal(refusalOf(choice("required")), "caller_invalid_request");
  }
});

test("a choice among tools is noted as left out where there are none, if that loses something", () => {
  const notesOf = (choice: JsonValue): readonly string[] =>
    translateRequest({ messages: [user], tool_choice: choice }, traits).notes;
  assert.deepEqual(notesOf("required"), ["`tool_choice` left out: there are no tools"]);
  assert.deepEqual(notesOf({ type: "function", function: { name: "f" } }), notesOf("required"));
  for (const choice of ["auto", "none"]) assert.deepEqual(notesOf(choice), []);
});

test("thinking is off beside a forced call at a target that thinks unless it is told not to, and refuses the two together", () => {
  const tools = [{ type: "function", function: { name: "f" } }];
  const unthinking: TargetTraits = {
    ...traits,
    toolChoices: "forced-unthinking",
    thinkingRequest: { kind: "budget" },
  };
  const ask = (tool_choice: string) =>
    translateRequest({ messages: [user], tools, tool_choice, temperature: 0.5, max_tokens: 9_000 }, unthinking).body;
  assert.deepEqual(ask("required")["thinking"], { type: "disabled" });
  assert.equal(ask("required")["temperature"], 0.5);
  assert.equal(ask("auto")["thinking"], undefined);
});
