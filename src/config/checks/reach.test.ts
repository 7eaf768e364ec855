import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuleConditions, RuleConfig } from "../schema.ts";
import { checkReach } from "./reach.ts";

function rulesOf(conditions: readonly RuleConditions[]): readonly RuleConfig[] {
  return conditions.map((when, index) => ({ name: `r${index}`, when, to: ["openai/x"] }));
}

test("of the rules that take another's calls the first is named", () => {
  const user = ["x"];
  const team = ["y"];
  const found = checkReach(rulesOf([{ team }, { user, team }, { user }, { user, team, app: ["z"] }]));
  assert.deepEqual(
    found.map(({ problem }) => problem),
    ["rule r1 is never reached: r0 takes its calls first", "rule r3 is never reached: r0 takes its calls first"],
  );
});

test("ten thousand rules are compared in less than a second", () => {
  const model = ["claude-*"];
  const rules = rulesOf(Array.from({ length: 10_000 }, (_, index) => ({ model, team: [`team-${index}`] })));
  const startedAt = performance.now();
  assert.deepEqual(checkReach(rules), []);
  assert.ok(performance.now() - startedAt < 1_000);
});
