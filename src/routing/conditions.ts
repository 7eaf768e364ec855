/** The conditions of a rule: a table from the name of a condition to its test. All conditions of a rule must hold. */
import { compilePattern } from "./compile-pattern.ts";
import type { RequestFeatures } from "./request-features.ts";

/** As written in `routing.rules[].when`; docs/config.md describes each. */
export interface ConditionSettings {
  readonly model?: string | readonly string[] | undefined;
  readonly user?: string | readonly string[] | undefined;
  readonly team?: string | readonly string[] | undefined;
  readonly tier?: string | readonly string[] | undefined;
  readonly key?: string | readonly string[] | undefined;
  readonly app?: string | readonly string[] | undefined;
  readonly endpoint?: string | readonly string[] | undefined;
  readonly dialect?: string | readonly string[] | undefined;
  readonly header?: Readonly<Record<string, string>> | undefined;
  readonly minInputTokens?: number | undefined;
  readonly maxInputTokens?: number | undefined;
  readonly hasTools?: boolean | undefined;
  readonly hasImages?: boolean | undefined;
  readonly thinking?: boolean | undefined;
  readonly webSearch?: boolean | undefined;
  readonly subagent?: boolean | undefined;
  /** Hours of the day in UTC, `9-17`; `22-6` passes midnight. The last hour is not included. */
  readonly hours?: string | undefined;
  readonly weekdays?: readonly string[] | undefined;
}

export type Condition = (features: RequestFeatures) => boolean;

const weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** One test for all of `when`. Throws RangeError for an hours or weekday that means nothing. */
export function compileConditions(when: ConditionSettings): Condition {
  const conditions: Condition[] = [];
  addNames(conditions, when.model, (features) => features.askedModel);
  addNames(conditions, when.user, (features) => features.caller.user);
  addNames(conditions, when.team, (features) => features.caller.team ?? "");
  addNames(conditions, when.tier, (features) => features.caller.tier);
  addNames(conditions, when.key, (features) => features.caller.keyId);
  addNames(conditions, when.app, (features) => features.app ?? "");
  addNames(conditions, when.endpoint, (features) => features.endpoint);
  addNames(conditions, when.dialect, (features) => features.dialect);
  for (const [name, pattern] of Object.entries(when.header ?? {})) {
    addNames(conditions, pattern, (features) => features.header(name.toLowerCase()) ?? "");
  }
  addFlag(conditions, when.subagent, (features) => features.isSubagent);
  if (when.hours !== undefined) conditions.push(compileHours(when.hours));
  if (when.weekdays !== undefined) conditions.push(compileWeekdays(when.weekdays));
  // From here on the conditions look into the body: those that are cheap have ruled the call out by now.
  const { minInputTokens, maxInputTokens } = when;
  if (minInputTokens !== undefined) conditions.push((features) => features.inputTokens() >= minInputTokens);
  if (maxInputTokens !== undefined) conditions.push((features) => features.inputTokens() <= maxInputTokens);
  addFlag(conditions, when.hasTools, (features) => features.hasTools());
  addFlag(conditions, when.thinking, (features) => features.isThinking());
  addFlag(conditions, when.webSearch, (features) => features.hasWebSearch());
  addFlag(conditions, when.hasImages, (features) => features.hasImages());
  return (features) => conditions.every((condition) => condition(features));
}

function addNames(
  conditions: Condition[],
  wanted: string | readonly string[] | undefined,
  nameOf: (features: RequestFeatures) => string,
): void {
  if (wanted === undefined) return;
  const tests = (typeof wanted === "string" ? [wanted] : wanted).map(compilePattern);
  conditions.push((features) => {
    const name = nameOf(features);
    return tests.some((matches) => matches(name));
  });
}

function addFlag(conditions: Condition[], wanted: boolean | undefined, flagOf: Condition): void {
  if (wanted !== undefined) conditions.push((features) => flagOf(features) === wanted);
}

function compileHours(hours: string): Condition {
  const match = /^(\d{1,2})-(\d{1,2})$/.exec(hours);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  if (match === null || from > 24 || to > 24) throw new RangeError(`hours must look like 9-17, not ${hours}`);
  if (from <= to) return ({ hour }) => hour >= from && hour < to;
  return ({ hour }) => hour >= from || hour < to;
}

function compileWeekdays(names: readonly string[]): Condition {
  const days = names.map((name) => {
    const day = weekdayNames.indexOf(name.slice(0, 3).toLowerCase());
    if (day < 0) throw new RangeError(`no day of the week: ${name}`);
    return day;
  });
  return ({ weekday }) => days.includes(weekday);
}
