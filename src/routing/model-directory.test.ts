import assert from "node:assert/strict";
import { test } from "node:test";
import { createModelDirectory } from "./model-directory.ts";
import type { RoutableProvider } from "./model-directory.ts";

const anthropic: RoutableProvider = {
  name: "anthropic",
  models: ["claude-sonnet-4-5"],
  modelPatterns: ["claude-*"],
  restrictsModels: false,
  defaultModels: null,
};
const openrouter: RoutableProvider = { ...anthropic, name: "openrouter", models: [], modelPatterns: [] };
const closed: RoutableProvider = { ...anthropic, name: "closed", models: ["only-this"], restrictsModels: true };

const directory = createModelDirectory([anthropic, openrouter, closed], {
  sonnet: "anthropic/claude-sonnet-4-5",
  both: ["sonnet", "openrouter/x"],
  "gpt-*": "openrouter/*",
  circle: "circle",
});

function targets(name: string): string[] | string {
  const resolved = directory.resolve(name);
  if (resolved.kind === "unknown") return resolved.reason;
  return resolved.targets.map((target) => `${target.provider}/${target.model}`);
}

test("an alias means its target, a list of aliases all of theirs in order", () => {
  assert.deepEqual(targets("sonnet"), ["anthropic/claude-sonnet-4-5"]);
  assert.deepEqual(targets("both"), ["anthropic/claude-sonnet-4-5", "openrouter/x"]);
});

test("provider/model and provider,model reach any model of a configured provider, slashes included", () => {
  assert.deepEqual(targets("openrouter/anthropic/claude-opus-4"), ["openrouter/anthropic/claude-opus-4"]);
  assert.deepEqual(targets("openrouter,anthropic/claude-opus-4"), ["openrouter/anthropic/claude-opus-4"]);
});

test("a provider that serves listed models only is not asked for others", () => {
  assert.deepEqual(targets("closed/only-this"), ["closed/only-this"]);
  assert.match(targets("closed/other") as string, /listed models only/);
});

test("a pattern's target may keep the name that was asked for", () => {
  assert.deepEqual(targets("gpt-9"), ["openrouter/gpt-9"]);
});

test("an alias with a pattern wins over a model that a provider lists: somebody wrote it on purpose", () => {
  const wild = createModelDirectory([anthropic, openrouter], { "claude-*": "openrouter/*" });
  const resolved = wild.resolve("claude-sonnet-4-5");
  assert.ok(resolved.kind === "targets");
  assert.deepEqual(resolved.targets, [{ provider: "openrouter", model: "claude-sonnet-4-5" }]);
});

test("a bare name goes to the provider that is known for such names", () => {
  assert.deepEqual(targets("claude-opus-7"), ["anthropic/claude-opus-7"]);
});

test("an alias that leads to itself is unknown, not endless", () => {
  assert.match(targets("circle") as string, /leads nowhere/);
});

test("a name that means nothing is unknown", () => {
  assert.match(targets("nothing/at-all") as string, /no configured provider/);
});
