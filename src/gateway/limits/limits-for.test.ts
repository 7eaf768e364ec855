import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../core/caller.ts";
import { noLimits } from "../../core/caller.ts";
import { limitsFor } from "./limits-for.ts";
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

test("a caller without a team has no limits of teams", () => {
  assert.deepEqual(found([rule({ scope: "team", requestsPerMinute: 1 })], { ...ada, team: null }), []);
});
