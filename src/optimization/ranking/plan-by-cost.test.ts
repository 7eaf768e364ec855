import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { AppliedPrices } from "../../core/record.ts";
import type { Plan, Target } from "../../core/target.ts";
import { noPauses } from "../sessions/pauses.ts";
import { planByCost } from "./plan-by-cost.ts";
import type { PlanByCostInputs } from "./plan-by-cost.ts";
import type { PromptCacheRules } from "../sessions/prompt-cache-rules.ts";
import type { ConversationState } from "../sessions/session-caches.ts";

const nowMs = Date.UTC(2026, 10, 18, 9);
const rules: PromptCacheRules = { kind: "automatic", ttlMs: 300_000, minimumTokens: 1024 };

function pricesOf(usdPerMillion: number, readShare = 0.1): AppliedPrices {
  const input = usdPerMillion * 1_000_000;
  return {
    uncachedInput: input,
    cacheRead: input * readShare,
    cacheWrite5m: input,
    cacheWrite1h: input,
    output: input * 5,
    serverToolRequest: 0,
    source: "configuration",
  };
}

const prices: Readonly<Record<string, AppliedPrices>> = {
  dear: pricesOf(3),
  cheap: pricesOf(1.5),
  uncached: pricesOf(2, 1),
  small: pricesOf(0.1),
};

const planOf = (...targets: readonly (readonly [string, string])[]): Plan => ({
  rule: "listed",
  reason: "a configured model",
  targets: targets.map(([provider, model]) => ({ provider, model, reason: "listed" })),
});

function inputsOf(more: Partial<PlanByCostInputs> = {}): PlanByCostInputs {
  return {
    knowledge: {
      pricesFor: ({ provider }) => prices[provider] ?? pricesOf(1),
      tokensOf: (bytes) => Math.ceil(bytes / 4),
      rulesOf: () => rules,
      reuseOf: () => 0.95,
    },
    state: null,
    hasSession: true,
    requestBytes: 120_000,
    nowMs,
    remainingBudgetShare: null,
    thresholds: { warning: 0.75, critical: 0.95 },
    current: null,
    smartRouting: { isEnabled: true, rules: new Set(["background"]) },
    qualityOf: () => null,
    latencyOf: () => null,
    isFailing: () => false,
    ...more,
  };
}

function warmAt(target: Target, turns = 10): ConversationState {
  const prefix = { tokens: 30_000, expiresAtMs: nowMs + 200_000, hourTokens: 0, hourExpiresAtMs: 0 };
  return {
    turns,
    lastAtMs: nowMs - 100_000,
    lastTarget: target,
    lastInputTokens: 29_000,
    lastRequestBytes: 116_000,
    growthTokens: 1_000,
    growths: turns - 1,
    outputTokens: 400,
    pauses: noPauses,
    prefixes: new Map([[`${target.provider}/${target.model}`, prefix]]),
  };
}

const names = (plan: Plan): string[] => plan.targets.map(({ provider }) => provider);

test("a new conversation begins at the cheapest over its expected calls, not at the cheapest list price", () => {
  const plan = planByCost(planOf(["uncached", "m"], ["dear", "m"]), inputsOf());
  assert.deepEqual(names(plan), ["dear", "uncached"]);
  assert.match(
    plan.targets[0]!.reason,
    /^ranked first of 2 with 0\.\d\d of 1 \(\$0\.\d\d expected, cost weighs 0\.3\) \(listed\)$/,
  );
});

test("a warm session stays, and the reason says what moving would cost", () => {
  const dear = { provider: "dear", model: "m" };
  const plan = planByCost(planOf(["uncached", "m"], ["dear", "m"]), inputsOf({ current: dear, state: warmAt(dear) }));
  assert.deepEqual(names(plan), ["dear", "uncached"]);
  assert.match(
    plan.targets[0]!.reason,
    /^the session's target: moving costs \$\d\.\d\d more over 21 calls \(listed\)$/,
  );
});

test("a session moves to where its rest is much cheaper", () => {
  const dear = { provider: "dear", model: "m" };
  const plan = planByCost(planOf(["dear", "m"], ["cheap", "m"]), inputsOf({ current: dear, state: warmAt(dear) }));
  assert.deepEqual(names(plan), ["cheap", "dear"]);
  assert.match(
    plan.targets[0]!.reason,
    /^the session moves: that saves \$\d\.\d\d over 21 calls, the cold start included/,
  );
});

test("a session whose target fails goes to the best of the others", () => {
  const dear = { provider: "dear", model: "m" };
  const inputs = inputsOf({ current: dear, state: warmAt(dear), isFailing: ({ provider }) => provider === "dear" });
  const plan = planByCost(planOf(["dear", "m"], ["uncached", "m"], ["cheap", "m"]), inputs);
  assert.deepEqual(names(plan), ["cheap", "uncached", "dear"]);
  assert.match(plan.targets[0]!.reason, /the session's target does not serve now/);
});

test("a fallback of another model is not promoted for being cheap", () => {
  const plan = planOf(["dear", "claude-opus-5"], ["small", "claude-haiku-4-5"]);
  assert.deepEqual(names(planByCost(plan, inputsOf())), ["dear", "small"]);
  assert.deepEqual(names(planByCost({ ...plan, rule: "background" }, inputsOf())), ["small", "dear"]);
});

test("a session that another model served in a failure goes back, however cheap that is", () => {
  const small = { provider: "small", model: "claude-haiku-4-5" };
  const plan = planOf(["dear", "claude-opus-5"], ["small", "claude-haiku-4-5"]);
  const inputs = inputsOf({ current: small, state: warmAt(small) });
  const back = planByCost(plan, inputs);
  assert.deepEqual(names(back), ["dear", "small"]);
  assert.match(back.targets[0]!.reason, /, the session's target only stood in \(listed\)$/);
  assert.deepEqual(names(planByCost({ ...plan, rule: "background" }, inputs)), ["small", "dear"]);
});

test("with its budget nearly spent, cost outweighs a better and faster target", () => {
  const measured = (value: number): { value: number; samples: number } => ({ value, samples: 50 });
  const inputs: Partial<PlanByCostInputs> = {
    qualityOf: ({ provider }) => measured(provider === "dear" ? 0.95 : 0.55),
    latencyOf: ({ provider }) => measured(provider === "dear" ? 500 : 900),
  };
  const plan = planOf(["cheap", "m"], ["dear", "m"]);
  assert.deepEqual(names(planByCost(plan, inputsOf({ ...inputs, remainingBudgetShare: 0.9 }))), ["dear", "cheap"]);
  assert.deepEqual(names(planByCost(plan, inputsOf({ ...inputs, remainingBudgetShare: 0.03 }))), ["cheap", "dear"]);
});

test("a plan with one target, or with none that serves, comes back as it is", () => {
  const one = planOf(["dear", "m"]);
  assert.equal(planByCost(one, inputsOf()), one);
  const two = planOf(["dear", "m"], ["cheap", "m"]);
  assert.equal(planByCost(two, inputsOf({ isFailing: () => true })), two);
});

test("no target is ever added, lost or doubled", () => {
  const target = fc.tuple(fc.constantFrom("dear", "cheap", "uncached", "small"), fc.constantFrom("m", "n"));
  const targets = fc.uniqueArray(target, { minLength: 1, maxLength: 6, selector: (pair) => pair.join("/") });
  fc.assert(
    fc.property(targets, fc.nat(), fc.nat(), fc.boolean(), (list, current, failing, isAllowed) => {
      const plan = { ...planOf(...list), rule: isAllowed ? "background" : "listed" };
      const at = plan.targets[current % list.length]!;
      const bad = plan.targets[failing % list.length]!;
      const result = planByCost(
        plan,
        inputsOf({ current: at, state: warmAt(at), isFailing: (one) => one.provider === bad.provider }),
      );
      const sorted = (one: Plan): string[] => one.targets.map(({ provider, model }) => `${provider}/${model}`).sort();
      assert.deepEqual(sorted(result), sorted(plan));
    }),
  );
});
