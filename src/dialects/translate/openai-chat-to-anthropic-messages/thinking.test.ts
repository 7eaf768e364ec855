import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../../core/json/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { ThinkingRequest } from "../../target-traits.ts";
import { readWish, toThinking } from "./thinking.ts";
import type { ThinkingFields, ThinkingQuestion } from "./thinking.ts";
import type { Turn } from "./turns.ts";

const user: Turn = { role: "user", content: [{ type: "text", text: "Hi" }] };
const toolUse: Turn = { role: "assistant", content: [{ type: "tool_use", id: "t", name: "f", input: {} }] };
const toolResult: Turn = { role: "user", content: [{ type: "tool_result", tool_use_id: "t" }] };
const adaptive: ThinkingRequest = { kind: "adaptive", efforts: ["low", "medium", "high", "max"] };
const budget: ThinkingRequest = { kind: "budget" };

function ask(
  thinkingRequest: ThinkingRequest,
  question: Partial<ThinkingQuestion>,
): { readonly fields: ThinkingFields; readonly notes: readonly string[] } {
  const notes = new Set<string>();
  const traits = { ...defaultTraits({ provider: "p", model: "m" }), thinkingRequest };
  const none = { isOn: false, budgetTokens: null };
  const asked = { effort: "high", ...none, maxTokens: 64_000, toolChoice: undefined, turns: [user], ...question };
  return { fields: toThinking(asked, traits, notes), notes: [...notes] };
}

test("an adaptive model gets the effort by name, or the nearest that it knows", () => {
  const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
  const mapped = efforts.map((effort) => ask(adaptive, { effort }).fields.effort);
  assert.deepEqual(mapped, ["low", "low", "low", "medium", "high", "max", "max"]);
  assert.equal(ask(adaptive, { effort: "none" }).fields.thinking, null);
});

test("an earlier model gets a budget, which leaves room for the answer", () => {
  const budgetOf = (question: Partial<ThinkingQuestion>): unknown =>
    ask(budget, question).fields.thinking?.["budget_tokens"];
  assert.equal(budgetOf({}), 24_576);
  assert.equal(budgetOf({ effort: "low" }), 2_048);
  assert.equal(budgetOf({ maxTokens: 4_096 }), 3_072);
  assert.equal(budgetOf({ maxTokens: 1_200 }), undefined);
  assert.equal(budgetOf({ effort: "none" }), undefined);
});

test("whoever wants no thinking gets none, also of a model that thinks unless it is told not to", () => {
  const traits = { ...defaultTraits({ provider: "p", model: "m" }), thinkingRequest: budget };
  const unthinking = { ...traits, toolChoices: "forced-unthinking" as const };
  const wish = readWish("none", {}, {});
  const question = { ...wish, maxTokens: 64_000, toolChoice: undefined, turns: [user] };
  assert.deepEqual(toThinking(question, unthinking, new Set<string>()).thinking, { type: "disabled" });
  assert.equal(toThinking(question, traits, new Set<string>()).thinking, null);
  const unasked = { ...question, ...readWish(null, {}, {}) };
  assert.equal(toThinking(unasked, unthinking, new Set<string>()).thinking, null);
});

test("thinking is left out, with a note, where the API refuses it", () => {
  const forced = { toolChoice: { type: "any" } };
  const begun = { turns: [user, { role: "assistant", content: [{ type: "text", text: "So" }] } as Turn] };
  for (const request of [adaptive, budget]) {
    for (const question of [forced, begun]) {
      const { fields, notes } = ask(request, question);
      assert.equal(fields.thinking, null);
      assert.match(notes.join(), /^thinking left out/);
    }
  }
});

test("a tool loop that began without thinking goes on without a budget, but adaptively", () => {
  const turns = [user, toolUse, toolResult];
  assert.equal(ask(budget, { turns }).fields.thinking, null);
  assert.notEqual(ask(adaptive, { turns }).fields.thinking, null);
  const thought: Turn = {
    ...toolUse,
    content: [{ type: "thinking", thinking: "a", signature: "s" }, ...toolUse.content],
  };
  assert.notEqual(ask(budget, { turns: [user, thought, toolResult] }).fields.thinking, null);
});

test("a client that did not ask gets the model's own default", () => {
  assert.deepEqual(ask(adaptive, { effort: null }), { fields: { thinking: null, effort: null }, notes: [] });
});

test("a target that takes no thinking gets none, with a note", () => {
  assert.match(ask({ kind: "none" }, {}).notes.join(), /reasoning_effort left out/);
});

test("thinking may be asked for as Anthropic's own endpoint and OpenRouter take it; an effort goes before both", () => {
  const fieldsOf = (
    request: ThinkingRequest,
    thinking: JsonObject,
    reasoning: JsonObject = {},
    effort: string | null = null,
  ) => ask(request, readWish(effort, thinking, reasoning)).fields;
  const shown = { type: "adaptive", display: "summarized" };
  const enabled = { type: "enabled", budget_tokens: 5_000 };
  assert.deepEqual(fieldsOf(budget, enabled), { thinking: enabled, effort: null });
  assert.deepEqual(fieldsOf(adaptive, enabled), { thinking: shown, effort: null });
  assert.deepEqual(fieldsOf(budget, {}, { max_tokens: 100 }).thinking, { type: "enabled", budget_tokens: 1_024 });
  assert.deepEqual(fieldsOf(budget, { type: "adaptive" }).thinking, { type: "enabled", budget_tokens: 8_192 });
  assert.deepEqual(fieldsOf(adaptive, {}, { effort: "medium" }), { thinking: shown, effort: "medium" });
  assert.deepEqual(fieldsOf(adaptive, enabled, {}, "low"), { thinking: shown, effort: "low" });
  for (const off of [
    fieldsOf(budget, { type: "disabled" }),
    fieldsOf(budget, {}, { enabled: false }),
    fieldsOf(budget, {}),
  ])
    assert.deepEqual(off, { thinking: null, effort: null });
});
