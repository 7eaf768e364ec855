import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultSmartRoutingRules, mayReplace, modelFamily } from "./smart-routing.ts";

const on = { isEnabled: true, rules: defaultSmartRoutingRules };
const off = { isEnabled: false, rules: defaultSmartRoutingRules };
const opus = { provider: "anthropic", model: "claude-opus-5" };
const haiku = { provider: "anthropic", model: "claude-haiku-4-5" };

test("another model takes over only where smart routing is on and the rule allows it, and the reason names both", () => {
  assert.deepEqual(mayReplace(opus, haiku, "background", on), {
    kind: "allowed",
    reason: "rule background allows another model: anthropic/claude-haiku-4-5 in place of anthropic/claude-opus-5",
  });
  assert.equal(mayReplace(opus, haiku, "default", on).kind, "refused");
  assert.equal(mayReplace(opus, haiku, "background", off).kind, "refused");
});

test("the same model elsewhere may always serve", () => {
  const elsewhere = { provider: "openrouter", model: "anthropic/claude-opus-5-20260801" };
  assert.equal(mayReplace(opus, elsewhere, "listed", off).kind, "same-model");
});

test("a request that names its provider goes nowhere else", () => {
  assert.equal(mayReplace(opus, { ...opus, provider: "other" }, "explicit", on).kind, "refused");
});

test("a model is known by its name without maker, date and dots, not without its variant", () => {
  const names = [
    "anthropic/claude-sonnet-4.5",
    "claude-sonnet-4-5-20250929",
    "Claude-Sonnet-4-5",
    "claude-sonnet-4-5@20250929",
    "anthropic.claude-sonnet-4-5",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  ];
  assert.deepEqual(new Set(names.map(modelFamily)), new Set(["claude-sonnet-4-5"]));
  assert.notEqual(modelFamily("z-ai/glm-4.6:free"), modelFamily("glm-4.6"));
  assert.notEqual(modelFamily("deepseek-v3"), modelFamily("deepseek-v4"));
  assert.notEqual(modelFamily("gpt-5.1"), modelFamily("gpt-5.2"));
  assert.notEqual(modelFamily("llama3:70b"), modelFamily("llama3:8b"));
});
