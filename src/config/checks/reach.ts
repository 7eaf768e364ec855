/** Whether every rule can be reached: it is never asked if an earlier one matches whatever it would match. */
import type { RuleConditions, RuleConfig } from "../schema.ts";
import { warningAt } from "./finding.ts";
import type { CheckFinding } from "./finding.ts";

/** Stands for a rule that has no condition. */
const always = "";

/**
 * Each rule waits under its rarest condition for a later one that has it too. To compare each with each took seconds of a
 * reload with thousands of rules, in which nobody was served.
 */
export function checkReach(rules: readonly RuleConfig[]): readonly CheckFinding[] {
  const conditions = rules.map(({ when }) => conditionsOf(when));
  const uses = new Map<string, number>();
  for (const condition of conditions.flatMap((own) => [...own])) uses.set(condition, (uses.get(condition) ?? 0) + 1);
  const waiting = new Map<string, number[]>();
  return rules.flatMap((rule, index) => {
    const own = conditions[index]!;
    const isWider = (earlier: number): boolean => [...conditions[earlier]!].every((condition) => own.has(condition));
    const wider = [always, ...own].flatMap((condition) => waiting.get(condition)?.find(isWider) ?? []);
    if (wider.length === 0) {
      const rarest = [...own].sort((a, b) => uses.get(a)! - uses.get(b)!)[0] ?? always;
      const others = waiting.get(rarest);
      if (others === undefined) waiting.set(rarest, [index]);
      else others.push(index);
      return [];
    }
    const { name } = rules[Math.min(...wider)]!;
    return [
      warningAt(["routing", "rules", index], `rule ${rule.name} is never reached: ${name} takes its calls first`),
    ];
  });
}

/** As texts that are equal where the conditions are. */
function conditionsOf(when: RuleConditions): ReadonlySet<string> {
  const { header, ...others } = when;
  const parts = [
    ...Object.entries(others),
    ...(header === undefined ? [] : [["header", Object.entries(header).sort()]]),
  ];
  return new Set(parts.map((part) => JSON.stringify(part)));
}
