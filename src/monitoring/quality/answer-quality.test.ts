import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { JsonValue } from "../../core/json/json.ts";
import { answerQuality } from "./answer-quality.ts";
import type { AnswerForQuality } from "./answer-quality.ts";
import { isLooping } from "./repetition.ts";

const tools = new Map<string, JsonValue | null>([
  ["Edit", { type: "object", properties: { path: { type: "string" } }, required: ["path"] }],
  ["Bash", null],
]);
const good: AnswerForQuality = {
  hasEnded: true,
  stopReason: "end_turn",
  toolCalls: [],
  tools,
  text: "Done: the test passes now.",
  outputCharacters: 26,
};

function scoreOf(changes: Partial<AnswerForQuality>): number {
  return Math.round(answerQuality({ ...good, ...changes }).score * 1000) / 1000;
}

test("a good answer scores 1, each defect as the formula says", () => {
  assert.equal(scoreOf({}), 1);
  assert.equal(scoreOf({ hasEnded: false }), 0.3);
  assert.equal(scoreOf({ text: " \n", outputCharacters: 2 }), 0);
  assert.equal(scoreOf({ stopReason: "max_tokens" }), 0.7);
  assert.equal(scoreOf({ stopReason: "length" }), 0.7);
  assert.equal(scoreOf({ stopReason: "refusal" }), 0.3);
  assert.equal(scoreOf({ text: "I'm sorry, but I can't help with that." }), 0.3);
  assert.equal(scoreOf({ text: "and so on, ".repeat(300) }), 0.3);
});

test("tool calls count by their share that can be run", () => {
  const valid = { name: "Edit", inputJson: '{"path":"a"}' };
  assert.equal(scoreOf({ toolCalls: [valid] }), 1);
  assert.equal(scoreOf({ toolCalls: [valid, { name: "Edit", inputJson: '{"file":"a"}' }] }), 0.6);
  assert.equal(scoreOf({ toolCalls: [{ name: "Edt", inputJson: "{}" }] }), 0.2);
  assert.equal(scoreOf({ toolCalls: [{ name: "Edit", inputJson: '{"path":' }] }), 0.2);
  assert.equal(scoreOf({ toolCalls: [{ name: "Bash", inputJson: "" }] }), 1);
  assert.equal(scoreOf({ toolCalls: [{ name: "Edit", inputJson: null }] }), 1);
  assert.equal(scoreOf({ toolCalls: [{ name: "Edt", inputJson: null }], tools: null }), 1);
});

test("the kind of content is told: text, tool_use, mixed, empty", () => {
  const call = { name: "Bash", inputJson: "{}" };
  const kind = (changes: Partial<AnswerForQuality>): string => answerQuality({ ...good, ...changes }).contentType;
  assert.equal(kind({}), "text");
  assert.equal(kind({ toolCalls: [call] }), "mixed");
  assert.equal(kind({ toolCalls: [call], text: "" }), "tool_use");
  assert.equal(kind({ text: "" }), "empty");
  assert.equal(kind({ text: null }), "text");
  assert.equal(kind({ text: null, outputCharacters: 0 }), "empty");
});

test("a refusal is not read into a long answer, or into one that calls tools", () => {
  const words = "I'm sorry, but I can't do it that way. ";
  assert.equal(scoreOf({ text: words + "Here is another: ".padEnd(500, "abcdefghij ") + "and so it works." }), 1);
  assert.equal(scoreOf({ text: words, toolCalls: [{ name: "Bash", inputJson: "{}" }] }), 1);
});

test("the score lies between 0 and 1 whatever the answer", () => {
  const call = fc.record({
    name: fc.constantFrom("Edit", "Bash", "x"),
    inputJson: fc.option(fc.oneof(fc.json(), fc.string())),
  });
  const answer = fc.record({
    hasEnded: fc.boolean(),
    stopReason: fc.option(fc.constantFrom("end_turn", "max_tokens", "refusal", "odd")),
    toolCalls: fc.array(call, { maxLength: 3 }),
    tools: fc.constantFrom(tools, null),
    text: fc.option(fc.string()),
    outputCharacters: fc.nat(),
  });
  fc.assert(
    fc.property(answer, (one) => {
      const { score } = answerQuality(one);
      assert.ok(score >= 0 && score <= 1);
    }),
  );
});

test("a loop at the end is found whatever its piece, ordinary text and rules of dashes are none", () => {
  const piece = fc.string({ minLength: 8, maxLength: 200 }).filter((text) => new Set(text).size >= 5);
  fc.assert(
    fc.property(piece, (text) => isLooping(`Some words first. ${text.repeat(Math.ceil(2_400 / text.length) + 1)}`)),
  );
  assert.ok(!isLooping("-".repeat(3_000)));
  assert.ok(
    !isLooping(Array.from({ length: 300 }, (_, index) => `line ${index}: const x${index} = ${index * 7};`).join("\n")),
  );
  assert.ok(!isLooping("short short short short"));
});
