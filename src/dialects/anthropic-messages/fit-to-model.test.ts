import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../core/json/json.ts";
import { defaultTraits } from "../target-traits.ts";
import type { TargetTraits } from "../target-traits.ts";
import { fitToModel } from "./fit-to-model.ts";

const traits = (changes: Partial<TargetTraits>): TargetTraits => ({
  ...defaultTraits({ provider: "anthropic", model: "claude-x" }),
  ...changes,
});
const adaptive = traits({ thinkingRequest: { kind: "adaptive", efforts: ["low", "medium", "high", "max"] } });
const budget = traits({ thinkingRequest: { kind: "budget" }, maxOutputTokens: 64_000 });

/** As Claude Code asks. */
const asked: JsonObject = {
  model: "m",
  messages: [],
  max_tokens: 128_000,
  thinking: { type: "adaptive", display: "omitted" },
  context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
  output_config: { effort: "medium" },
};

test("what the model takes stays the same object", () => {
  assert.equal(fitToModel(asked, adaptive), asked);
});

test("an older model is asked for no more output than it writes, and for nothing of newer ones", () => {
  assert.deepEqual(fitToModel(asked, budget), { model: "m", messages: [], max_tokens: 64_000 });
});

test("other edits and output settings stay", () => {
  const body: JsonObject = {
    context_management: { edits: [{ type: "clear_thinking_20251015" }, { type: "clear_tool_uses_20250919" }] },
    output_config: { effort: "low", format: { type: "json_schema" } },
  };
  assert.deepEqual(fitToModel(body, budget), {
    context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
    output_config: { format: { type: "json_schema" } },
  });
});

test("a budget becomes adaptive thinking for a newer model, and stays below the output of an older one", () => {
  const body: JsonObject = { max_tokens: 100_000, thinking: { type: "enabled", budget_tokens: 90_000 } };
  assert.deepEqual(fitToModel(body, adaptive), { max_tokens: 100_000, thinking: { type: "adaptive" } });
  assert.deepEqual(fitToModel(body, budget), {
    max_tokens: 64_000,
    thinking: { type: "enabled", budget_tokens: 32_000 },
  });
});

test("an effort that is too high for a model becomes the next lower one", () => {
  assert.deepEqual(fitToModel({ output_config: { effort: "xhigh" } }, adaptive), { output_config: { effort: "high" } });
});

test("fast mode is left out where a model has none", () => {
  assert.deepEqual(fitToModel({ speed: "fast", max_tokens: 5 }, adaptive), { max_tokens: 5 });
  const body: JsonObject = { speed: "fast" };
  assert.equal(fitToModel(body, { ...adaptive, hasFastMode: true }), body);
});

test("sampling is left out where it is refused", () => {
  const body: JsonObject = { temperature: 0.2, top_p: 0.9, max_tokens: 5 };
  assert.deepEqual(fitToModel(body, { ...adaptive, hasSamplingParameters: false }), { max_tokens: 5 });
});
