import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../core/caller.ts";
import { noLimits } from "../../core/caller.ts";
import { describeLimit, limitsFor } from "./limits-for.ts";
import type { LimitRule } from "./limits-for.ts";

const ada: Caller = {
  user: "ada",
  team: "compilers",
  tier: "gold",
  keyId: "key_1",
  allowedModels: null,
  limits: noLimits,
};
const rule = (about: Partial<LimitRule>): LimitRule => ({ scope: "user", id: null, ...noLimits, ...about });
const found = (rules: readonly LimitRule[], caller = ada): string[] =>
  limitsFor(rules, caller, "opus").map(
    ({ scope, id, requestsPerMinute, tokensPerMinute, concurrentCalls }) =>
      `${scope}:${id} ${requestsPerMinute} ${tokensPerMinute} ${concurrentCalls}`,
  );

test("without rules and without limits of the key there is nothing to keep", () => {
  assert.deepEqual(found([]), []);
  assert.deepEqual(found([rule({ scope: "team", id: "others", requestsPerMinute: 1 })]), []);
});

test("a rule with an id replaces, number by number, the one for each", () => {
  const rules = [
    rule({ requestsPerMinute: 10, concurrentCalls: 4 }),
    rule({ id: "ada", requestsPerMinute: 50 }),
    rule({ scope: "model", id: "opus", tokensPerMinute: 9 }),
    rule({ scope: "all", concurrentCalls: 100 }),
  ];
  assert.deepEqual(found(rules), ["user:ada 50 null 4", "model:opus null 9 null", "all: null null 100"]);
});

test("limits of the key itself go before rules for keys", () => {
  const own = { ...ada, limits: { ...noLimits, requestsPerMinute: 3 } };
  assert.deepEqual(found([rule({ scope: "key", requestsPerMinute: 1, tokensPerMinute: 7 })], own), [
    "key:key_1 3 7 null",
  ]);
});

test("limits of the key itself hold where there are no rules, whichever they are", () => {
  for (const [limits, expected] of [
    [{ requestsPerMinute: 3 }, "key:key_1 3 null null"],
    [{ tokensPerMinute: 4 }, "key:key_1 null 4 null"],
    [{ concurrentCalls: 5 }, "key:key_1 null null 5"],
  ] as const) {
    assert.deepEqual(found([], { ...ada, limits: { ...noLimits, ...limits } }), [expected]);
  }
});

test("a rule holds for the member of its scope: key, user, team, tier, model, and all", () => {
  const scopes = ["key", "user", "team", "tier", "model", "all"] as const;
  const rules = scopes.map((scope, index) => rule({ scope, requestsPerMinute: index + 1 }));
  assert.deepEqual(found(rules), [
    "key:key_1 1 null null",
    "user:ada 2 null null",
    "team:compilers 3 null null",
    "tier:gold 4 null null",
    "model:opus 5 null null",
    "all: 6 null null",
  ]);
});

test("of rules that are equally near the smallest number holds", () => {
  for (const amounts of [
    [7, 5, 9],
    [9, 7, 5],
    [5, 9, 7],
  ]) {
    const rules = amounts.map((requestsPerMinute) => rule({ requestsPerMinute }));
    assert.deepEqual(found([...rules, rule({ concurrentCalls: 4 })]), ["user:ada 5 null 4"]);
  }
});

test("a limit is named by its scope and member, that of all as everyone's", () => {
  const names = limitsFor([rule({ requestsPerMinute: 1 }), rule({ scope: "all", requestsPerMinute: 1 })], ada, "opus");
  assert.deepEqual(names.map(describeLimit), ["user ada", "everyone together"]);
});

test("a caller without a team has no limits of teams", () => {
  assert.deepEqual(found([rule({ scope: "team", requestsPerMinute: 1 })], { ...ada, team: null }), []);
});
