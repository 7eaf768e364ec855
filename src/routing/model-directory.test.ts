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

test("a name is a provider's only if a separator and a model follow; blanks around both are none of them", () => {
  assert.deepEqual(targets("openrouter , gpt-x "), ["openrouter/gpt-x"]);
  for (const name of ["openrouter", "openrouter/", "openrouterx", "/openrouter", "elsewhere/x"]) {
    assert.match(targets(name) as string, /no configured provider/, name);
  }
});

test("a model that several providers list is served by each, in the order of configuration", () => {
  const twice = createModelDirectory([closed, { ...anthropic, models: ["only-this"] }], {});
  const resolved = twice.resolve("only-this");
  assert.ok(resolved.kind === "targets");
  assert.deepEqual(resolved.targets, [
    { provider: "closed", model: "only-this" },
    { provider: "anthropic", model: "only-this" },
  ]);
});

test("a provider that serves listed models only is not known for others by their names", () => {
  const first = createModelDirectory([closed, anthropic], {}).resolve("claude-opus-7");
  assert.ok(first.kind === "targets");
  assert.deepEqual(first.targets, [{ provider: "anthropic", model: "claude-opus-7" }]);
  assert.equal(createModelDirectory([closed], {}).resolve("claude-opus-7").kind, "unknown");
});

test("names can be asked for that are listed or an alias without a pattern, each once", () => {
  const both = createModelDirectory([closed, anthropic], { "only-this": "anthropic/x", "gpt-*": "anthropic/*" });
  assert.deepEqual(both.names(), ["only-this", "claude-sonnet-4-5"]);
});

test("a listed model whose own name means a model of another provider is no name that can be asked for", () => {
  const router = { ...openrouter, models: ["anthropic/claude-sonnet-4-5", "google/gemini"] };
  assert.deepEqual(createModelDirectory([anthropic, router], {}).names(), ["claude-sonnet-4-5", "google/gemini"]);
  assert.deepEqual(createModelDirectory([router], {}).names(), ["anthropic/claude-sonnet-4-5", "google/gemini"]);
});

test("an alias that is called like a provider's model is an alias: somebody wrote it on purpose", () => {
  const named = createModelDirectory([anthropic], { "anthropic/old": ["anthropic/old", "anthropic/new"] });
  assert.equal(named.explicitTarget("anthropic/old"), null);
  const resolved = named.resolve("anthropic/old");
  assert.equal(resolved.kind === "targets" && resolved.rule, "alias");
  assert.equal(named.explicitTarget("anthropic/new")?.kind, "targets");
});

test("aliases may lead to aliases, four of them in a row; one that leads nowhere is unknown", () => {
  const chain = createModelDirectory([anthropic], { a: "b", b: "c", c: "d", d: "anthropic/x", lost: ["a", "nowhere"] });
  assert.equal(chain.resolve("a").kind, "targets");
  assert.deepEqual(chain.parseTargets("a", "asked"), [{ provider: "anthropic", model: "x" }]);
  assert.deepEqual(chain.resolve("lost"), { kind: "unknown", reason: "alias lost leads nowhere" });
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
