/** Each alert by itself: its rule, the recorded series that it reads, its scenarios. */
import type { Rule } from "../rule-lint/lint-rules.ts";
import { scenarioSets } from "../rule-tests/test-files.ts";
import type { RuleTrial } from "./run-tests.ts";

/** `alerts`: the rules of one name. Throws Error for an alert without scenarios. */
export function trialOf(alerts: readonly Rule[], recordings: readonly Rule[]): RuleTrial {
  const name = alerts[0]?.alert;
  const set = scenarioSets.find(({ scenarios }) => scenarios.some(({ alert }) => alert === name));
  if (set === undefined) throw new Error(`${name} has no scenario`);
  const scenarios = set.scenarios.filter(({ alert }) => alert === name);
  const read = recordingsFor(alerts.map(({ expr }) => expr).join("\n"), recordings);
  return { alerts, recordings: read, set: { evaluateEvery: set.evaluateEvery, scenarios } };
}

/** What the expressions name, and what that reads in turn. */
function recordingsFor(expressions: string, recordings: readonly Rule[]): readonly Rule[] {
  const slo = /slo="(\w+)"/.exec(expressions)?.[1];
  if (slo === undefined) return [];
  const base = new Set(["slo:total:rate5m", "slo:bad:rate5m"]);
  return recordings.filter(
    ({ record = "", labels }) => labels?.["slo"] === slo && (base.has(record) || expressions.includes(`${record}{`)),
  );
}
