import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { GatewayError } from "../core/errors/errors.ts";
import { createModelDirectory } from "./model-directory.ts";
import type { RouteTable } from "./plan.ts";
import { planRoute, withAffinity } from "./plan.ts";
import { compileRules, compileScenarios } from "./rules.ts";
import { featuresOf } from "./testdata/features.ts";

const provider = (name: string, models: string[], modelPatterns: string[] = []) => ({
  name,
  models,
  modelPatterns,
  restrictsModels: false,
  defaultModels: null,
});

function tableOf(changes: Partial<RouteTable> = {}): RouteTable {
  return {
    directory: createModelDirectory(
      [provider("anthropic", ["claude-sonnet-4-5"], ["claude-*"]), provider("groq", ["llama", "tiny"])],
      {},
    ),
    ownRoute: null,
    rules: [],
    scenarios: [],
    defaults: { main: "groq/llama", small: "groq/tiny" },
    fallbacks: {},
    maxTargets: 4,
    onOwnRouteError: (error) => assert.fail(String(error)),
    ...changes,
  };
}

function go(table: RouteTable, changes: Parameters<typeof featuresOf>[0] = {}): string {
  const plan = planRoute(table, featuresOf(changes));
  return `${plan.rule}: ${plan.targets.map((target) => `${target.provider}/${target.model}`).join(", ")}`;
}

function refusal(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return error;
  }
  throw new Error("was not refused");
}

describe("the order of rules", () => {
  const rules = compileRules([
    { name: "interns", when: { team: "interns" }, to: "groq/tiny" },
    { name: "closed", when: { user: "eve" }, reject: "Eve is on holiday." },
  ]);
  const scenarios = compileScenarios({
    background: "groq/tiny",
    think: "groq/llama",
    subagent: "groq/llama",
    webSearch: "groq/search",
    image: "groq/eyes",
    longContext: { thresholdTokens: 5_000, to: "groq/long" },
  });
  const table = tableOf({ rules, scenarios });

  test("a configured rule wins over a model that names its provider", () => {
    const caller = { ...featuresOf().caller, team: "interns" };
    assert.equal(go(table, { caller, askedModel: "anthropic/claude-opus-4" }), "interns: groq/tiny");
  });

  test("a model that names its provider wins over scenarios", () => {
    assert.equal(go(table, { askedModel: "anthropic/claude-haiku-4" }), "explicit: anthropic/claude-haiku-4");
  });

  test("the subagent tag wins over the subagent scenario", () => {
    const changes = { isSubagent: true, subagentModel: () => "groq/tiny" };
    assert.equal(go(table, changes), "subagent-tag: groq/tiny");
    assert.equal(go(table, { isSubagent: true }), "subagent: groq/llama");
  });

  test("scenarios win over the model's name", () => {
    assert.equal(go(table, { askedModel: "claude-haiku-4-5" }), "background: groq/tiny");
    assert.equal(go(table, { isThinking: () => true }), "think: groq/llama");
    assert.equal(go(table, { isThinking: () => true, hasImages: () => true }), "image: groq/eyes");
    assert.equal(go(table, { hasImages: () => true, hasWebSearch: () => true }), "webSearch: groq/search");
    assert.equal(go(table, { isSubagent: true, inputTokens: () => 5_000 }), "longContext: groq/long");
    assert.equal(go(table), "listed: anthropic/claude-sonnet-4-5");
  });

  test("a plan says why: the rule with its conditions, the scenario, the name", () => {
    const reasonOf = (changes: Parameters<typeof featuresOf>[0], of = table): string =>
      planRoute(of, featuresOf(changes)).reason;
    const caller = { ...featuresOf().caller, team: "interns" };
    assert.equal(reasonOf({ caller }), "rule interns (team: interns)");
    assert.equal(reasonOf({ inputTokens: () => 5_000 }), "at least 5000 input tokens");
    const other = compileRules([
      { name: "night", when: { hasTools: undefined, weekdays: ["mon"], hours: "22-6" }, to: "groq/tiny" },
      { name: "rest", when: {}, to: "groq/tiny" },
    ]);
    const plain = tableOf({ rules: other });
    assert.equal(reasonOf({ hour: 23 }, plain), 'rule night (weekdays: ["mon"], hours: 22-6)');
    assert.equal(reasonOf({}, plain), "rule rest (every call)");
    assert.equal(
      reasonOf({ askedModel: "mystery" }, tableOf()),
      "the default: no configured provider is known for this model",
    );
  });

  test("a subagent tag that names nothing refuses the call", () => {
    const error = refusal(() => go(table, { subagentModel: () => "groq-tiny" }));
    assert.equal(error.code, "caller_model_not_found");
  });

  test("a rule whose targets mean nothing is passed over", () => {
    const lost = compileRules([
      { name: "lost", when: {}, to: "nowhere" },
      { name: "empty", when: {}, to: [] },
    ]);
    assert.equal(go(tableOf({ rules: lost })), "listed: anthropic/claude-sonnet-4-5");
  });

  test("a rule to a provider that does not list the model refuses it, and lets no later rule take it", () => {
    const closed = { ...provider("closed", ["only-this"]), restrictsModels: true };
    const directory = createModelDirectory([closed, provider("groq", ["llama"])], {});
    const to = (...names: string[]) =>
      tableOf({ directory, rules: compileRules([{ name: "r", when: {}, to: names }]) });
    const error = refusal(() => go(to("closed/*"), { askedModel: "llama" }));
    assert.equal(error.code, "caller_model_not_found");
    assert.match(error.message, /^model: llama \(it would go to closed\/\*, which serves listed models only\)/);
    assert.equal(go(to("closed/*"), { askedModel: "only-this" }), "r: closed/only-this");
    assert.equal(go(to("closed/*", "groq/*"), { askedModel: "llama" }), "r: groq/llama");
    const fallbacks = { "*": ["closed/*", "groq/llama"] };
    assert.equal(go(tableOf({ directory, fallbacks }), { askedModel: "groq/x" }), "explicit: groq/x, groq/llama");
  });

  test("a rule may refuse, in the operator's words", () => {
    const caller = { ...featuresOf().caller, user: "eve" };
    const error = refusal(() => go(table, { caller }));
    assert.equal(error.code, "caller_permission_denied");
    assert.equal(error.message, "Eve is on holiday.");
  });
});

test("a rule that needs no look into the body takes none", () => {
  const rules = compileRules([
    { name: "big", when: { team: "other", minInputTokens: 5, hasImages: true }, to: "groq/tiny" },
  ]);
  const inputTokens = (): number => assert.fail("counted tokens for a call of another team");
  assert.equal(go(tableOf({ rules }), { inputTokens }), "listed: anthropic/claude-sonnet-4-5");
});

test("unknown names go to the default, small ones to its small model", () => {
  assert.equal(go(tableOf(), { askedModel: "mystery" }), "default: groq/llama");
  assert.equal(go(tableOf(), { askedModel: "mystery-mini" }), "default: groq/tiny");
});

test("unknown names are refused with near names where the configuration says so", () => {
  const error = refusal(() => go(tableOf({ defaults: null }), { askedModel: "claud-sonnet-4-5" }));
  assert.equal(error.code, "caller_model_not_found");
  assert.match(error.message, /Did you mean claude-sonnet-4-5\?/);
  const strange = refusal(() => go(tableOf({ defaults: null }), { askedModel: "zzzzzzzz" }));
  assert.equal(strange.message, "model: zzzzzzzz (no configured provider is known for this model).");
});

test("a default that means nothing is no target", () => {
  for (const main of ["nowhere", []]) {
    const error = refusal(() => go(tableOf({ defaults: { main, small: main } }), { askedModel: "mystery" }));
    assert.equal(error.code, "router_no_target");
  }
});

test("the same model of another provider is a fallback of its own", () => {
  const fallbacks = { "*": ["groq/claude-sonnet-4-5"] };
  const expected = "listed: anthropic/claude-sonnet-4-5, groq/claude-sonnet-4-5";
  assert.equal(go(tableOf({ fallbacks })), expected);
});

test("fallbacks follow a plan's own targets, without repeats, up to the limit", () => {
  const fallbacks = { "*": ["groq/llama", "anthropic/claude-sonnet-4-5", "groq/tiny", "groq/a", "groq/b"] };
  const expected = "listed: anthropic/claude-sonnet-4-5, groq/llama, groq/tiny, groq/a";
  assert.equal(go(tableOf({ fallbacks })), expected);
});

describe("an own module", () => {
  test("decides before all rules", () => {
    const ownRoute = () => ({ to: ["groq/tiny", "groq/llama"], reason: "because" });
    assert.equal(go(tableOf({ ownRoute })), "own-module: groq/tiny, groq/llama");
    const silent = planRoute(tableOf({ ownRoute: () => ({ to: "groq/tiny" }) }), featuresOf());
    assert.equal(silent.reason, "the own routing module");
  });

  test("that answers nothing leaves the call to the rules", () => {
    for (const answer of [null, undefined]) {
      assert.equal(go(tableOf({ ownRoute: () => answer })), "listed: anthropic/claude-sonnet-4-5");
    }
  });

  test("that throws or answers nonsense is reported and does no harm", () => {
    const errors: unknown[] = [];
    const onOwnRouteError = (error: unknown): void => void errors.push(error);
    const thrower = (): never => {
      throw new Error("broken");
    };
    const odd = (() => 5) as unknown as () => null;
    assert.equal(go(tableOf({ ownRoute: odd, onOwnRouteError })), "listed: anthropic/claude-sonnet-4-5");
    assert.match(String(errors.pop()), /the own route answered 5, which is no decision/);
    assert.equal(go(tableOf({ ownRoute: thrower, onOwnRouteError })), "listed: anthropic/claude-sonnet-4-5");
    for (const to of ["no such thing", []]) {
      assert.equal(go(tableOf({ ownRoute: () => ({ to }), onOwnRouteError })), "listed: anthropic/claude-sonnet-4-5");
    }
    assert.equal(errors.length, 3);
  });

  test("that is asynchronous is told so, and its error is its own", async () => {
    const errors: string[] = [];
    const onOwnRouteError = (error: unknown): void => void errors.push(String(error));
    const ownRoute = (() => Promise.reject(new Error("no such team"))) as unknown as () => null;
    assert.equal(go(tableOf({ ownRoute, onOwnRouteError })), "listed: anthropic/claude-sonnet-4-5");
    await setImmediate();
    assert.match(errors.join(), /answered a promise: it must decide at once,Error: no such team/);
  });

  test("whose reason is no text is reported", () => {
    const errors: string[] = [];
    const onOwnRouteError = (error: unknown): void => void errors.push(String(error));
    const ownRoute = (() => ({ to: "groq/tiny", reason: Symbol("cheap") })) as unknown as () => null;
    assert.equal(go(tableOf({ ownRoute, onOwnRouteError })), "listed: anthropic/claude-sonnet-4-5");
    assert.match(errors.join(), /a reason that is no text/);
  });

  test("may refuse a call", () => {
    const error = refusal(() => go(tableOf({ ownRoute: () => ({ reject: "not today" }) })));
    assert.equal(error.message, "not today");
  });
});

test("affinity puts the session's target first, and only if the plan holds it", () => {
  const plan = planRoute(tableOf({ fallbacks: { "*": ["groq/llama"] } }), featuresOf());
  const moved = withAffinity(plan, { provider: "groq", model: "llama" });
  assert.deepEqual(
    moved.targets.map((target) => target.provider),
    ["groq", "anthropic"],
  );
  assert.match(moved.targets[0]!.reason, /^the session's target, before that fallback of/);
  assert.equal(moved.reason, moved.targets[0]!.reason);
  assert.equal(withAffinity(plan, { provider: "groq", model: "gone" }), plan);
  assert.equal(withAffinity(plan, plan.targets[0]!), plan);
  assert.equal(withAffinity(plan, null), plan);
});
