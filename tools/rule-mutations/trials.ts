/** Each alert by itself: its rule, the recorded series that it reads, its scenarios. */
import type { Rule } from "../rule-lint/lint-rules.ts";
import { scenarioSets } from "../rule-tests/test-files.ts";
import type { RuleTrial } from "./run-tests.ts";

/** Throws Error for an alert without scenarios. */
export function trialOf(alert: Rule, recordings: readonly Rule[]): RuleTrial {
  const set = scenarioSets.find(({ scenarios }) => scenarios.some((scenario) => scenario.alert === alert.alert));
  if (set === undefined) throw new Error(`${alert.alert} has no scenario`);
  const scenarios = set.scenarios.filter((scenario) => scenario.alert === alert.alert);
  return { alert, recordings: recordingsFor(alert, recordings), set: { evaluateEvery: set.evaluateEvery, scenarios } };
}

/** What the expression names, and what that reads in turn. */
function recordingsFor(alert: Rule, recordings: readonly Rule[]): readonly Rule[] {
  const slo = /slo="(\w+)"/.exec(alert.expr)?.[1];
  if (slo === undefined) return [];
  const base = new Set(["slo:total:rate5m", "slo:bad:rate5m"]);
  return recordings.filter(
    ({ record = "", labels }) => labels?.["slo"] === slo && (base.has(record) || alert.expr.includes(`${record}{`)),
  );
}
