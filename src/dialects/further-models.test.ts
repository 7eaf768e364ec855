import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../core/json/json.ts";
import { furtherModelsIn, furtherModelsInMessages } from "./further-models.ts";

const advisor = { type: "advisor_20260301", name: "advisor", model: "claude-opus-5" };

test("server tools, lists of fallbacks and plugins name further models, wherever they stand", () => {
  const cases: [JsonObject, string[]][] = [
    [{ tools: [advisor] }, ["claude-opus-5"]],
    [{ fallbacks: [{ model: "a" }, { model: "b" }] }, ["a", "b"]],
    [{ fallbacks: ["a", "b"] }, ["a", "b"]],
    [{ models: ["a", "b"], route: "fallback" }, ["a", "b"]],
    [{ plugins: [{ id: "fusion", model: "judge", analysis_models: ["a", "b"] }] }, ["judge", "a", "b"]],
    [{ tools: [{ type: "openrouter:advisor", parameters: { model: "a", tools: [advisor] } }] }, ["a", "claude-opus-5"]],
    [{ compound_custom: { models: { answering_model: "a", reasoning_model: "b" } } }, ["a", "b"]],
    [{ providerOptions: { gateway: { models: ["a"] } } }, ["a"]],
    [{ advisor: { model: "a" } }, ["a"]],
    [{ MODEL: "a" }, ["a"]],
  ];
  for (const [fields, names] of cases) assert.deepEqual(furtherModelsIn(fields), names, JSON.stringify(fields));
});

test("what Anthropic chooses as a fallback may be any model of Claude", () => {
  assert.deepEqual(furtherModelsIn({ fallbacks: "default" }), ["claude-*"]);
});

test("a preset is a model of its name, and what is left to OpenRouter's choice is its auto router", () => {
  assert.deepEqual(furtherModelsIn({ preset: "dear" }), ["@preset/dear"]);
  const named = { type: "openrouter:advisor", parameters: { model: "a" } };
  const unnamed = { type: "openrouter:advisor", parameters: { tools: [named] } };
  assert.deepEqual(furtherModelsIn({ tools: [named] }), ["a"]);
  assert.deepEqual(furtherModelsIn({ tools: [unnamed] }), ["a", "openrouter/auto"]);
  assert.deepEqual(furtherModelsIn({ tools: [{ type: "openrouter:subagent" }] }), ["openrouter/auto"]);
  assert.deepEqual(furtherModelsIn({ tools: [{ type: "openrouter:web_search" }] }), []);
});

test("parameters of a client's own tools, and lists that only narrow a choice, name none", () => {
  const schema = { type: "object", properties: { model: { type: "string", enum: ["opus"] } }, required: ["model"] };
  const example = { model: "opus" };
  for (const fields of [
    { tools: [{ name: "Agent", input_schema: schema, input_examples: [example] }] },
    { tools: [{ type: "custom", name: "Agent", input_schema: schema, input_examples: [example] }] },
    { tools: [{ type: "function", function: { name: "agent", parameters: { ...schema, default: example } } }] },
    { plugins: [{ id: "auto-router", allowed_models: ["anthropic/*"] }] },
    { tool_choice: { type: "tool", name: "model" }, thinking: { type: "adaptive" } },
  ]) {
    assert.deepEqual(furtherModelsIn(fields), [], JSON.stringify(fields));
  }
});

test("tools that join a conversation on its way name further models, too", () => {
  const addition = { type: "tool_addition", tool: { type: "tool_definition", definition: advisor } };
  const inCompaction = { type: "compaction", tool_changes: [addition] };
  const known = { type: "tool_addition", tool: { type: "tool_reference", name: "Agent" } };
  assert.deepEqual(furtherModelsInMessages([{ role: "system", content: [known, addition] }]), ["claude-opus-5"]);
  assert.deepEqual(furtherModelsInMessages([{ role: "user", content: [inCompaction] }]), ["claude-opus-5"]);
  assert.deepEqual(furtherModelsInMessages([{ role: "user", content: "model" }]), []);
});
