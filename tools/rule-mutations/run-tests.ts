/**
 * Runs the tests of many variants of one alert with `promtool`: variants stand beside each other in one file under names
 * of their own, so that the samples, which cost most, are read once for all. Two processes at once.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordingGroupNames } from "../../src/alerting/recording-rules.ts";
import { toYaml } from "../../src/alerting/ops-yaml.ts";
import type { Rule } from "../rule-lint/lint-rules.ts";
import { renderTestFile } from "../rule-tests/test-file.ts";
import type { Scenario } from "../rule-tests/scenario.ts";
import type { ScenarioSet } from "../rule-tests/scenario.ts";

/** One alert with what it needs, and its scenarios; variants of one alert share `set`. */
export interface RuleTrial {
  readonly recordings: readonly Rule[];
  /** Rules of one name. */
  readonly alerts: readonly Rule[];
  readonly set: Pick<ScenarioSet, "evaluateEvery" | "scenarios">;
}

const processesAtOnce = 2;
/** More share the samples, fewer spread better over the processes. */
const variantsAtOnce = 60;

/** Whether each trial's tests pass, in the order given. Rejects where `promtool` cannot run. */
export async function runTrials(trials: readonly RuleTrial[]): Promise<readonly boolean[]> {
  const folder = mkdtempSync(join(tmpdir(), "ccr-rules-"));
  try {
    const passed = new Set<RuleTrial>();
    const queue = [...Map.groupBy(trials, ({ set }) => set).values()].flatMap(chunks);
    const work = async (id: number): Promise<void> => {
      for (let left = queue.shift(); left !== undefined; left = queue.shift()) {
        for (const stage of stagesOf(left[0]!)) left = await passing(join(folder, String(id)), left, stage);
        for (const variant of left) passed.add(variant);
      }
    };
    await Promise.all(Array.from({ length: processesAtOnce }, (_, id) => work(id)));
    return trials.map((trial) => passed.has(trial));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Objectives' stories last for days: the shortest goes first, and what fails in it is not taken to the next. */
function stagesOf({ set, recordings }: RuleTrial): readonly RuleTrial["set"][] {
  if (recordings.length === 0) return [set];
  const stories = [...Map.groupBy(set.scenarios, ({ title }) => title).values()];
  return stories
    .map((scenarios) => ({ ...set, scenarios }))
    .sort((one, other) => secondsOf(one.scenarios) - secondsOf(other.scenarios));
}

function secondsOf(scenarios: readonly Scenario[]): number {
  return Math.max(...scenarios.flatMap(({ checks }) => checks.map(({ at }) => secondsOfSpan(at))));
}

function chunks(variants: readonly RuleTrial[]): (readonly RuleTrial[])[] {
  return Array.from({ length: Math.ceil(variants.length / variantsAtOnce) }, (_, index) =>
    variants.slice(index * variantsAtOnce, (index + 1) * variantsAtOnce),
  );
}

/** Those whose tests pass. An expression that fails ends the whole run, so the others are then run again without it. */
async function passing(
  path: string,
  variants: readonly RuleTrial[],
  set: RuleTrial["set"],
): Promise<readonly RuleTrial[]> {
  if (variants.length === 0) return [];
  writeFileSync(`${path}.rules.yml`, renderRules(variants));
  const names = (alert: string): readonly string[] => variants.map((_, index) => nameOf(alert, index));
  const tests = renderTestFile(set, [`${path}.rules.yml`], [recordingGroupNames[0], "alerts"], names);
  writeFileSync(`${path}.test.yml`, tests);
  const output = await runPromtool(`${path}.test.yml`);
  if (output === "passed") return variants;
  const failed = new Set([...output.matchAll(/(?:__|\bslo)(\d+)\b/g)].map(([, index]) => Number(index)));
  if (failed.size === 0) throw new Error(output);
  const left = variants.filter((_, index) => !failed.has(index));
  const endedEarly = /^\s*rule: |\brule \d+, /m.test(output);
  return endedEarly ? passing(path, left, set) : left;
}

/** Series recorded alike in several variants are recorded once, under the number of the first of them. */
function renderRules(variants: readonly RuleTrial[]): string {
  const bases = variants.map(({ recordings }) => {
    const names = recordings.map(({ record }) => record!);
    return new Map(names.map((name) => [name, basisOf(`${name}{`, recordings)]));
  });
  const nameIn = (name: string, variant: number): string => {
    const basis = bases[variant]!.get(name) ?? [];
    const first = bases.findIndex((other) => isSame(other.get(name) ?? [], basis));
    return `slo${first}${name.slice("slo".length)}`;
  };
  const renamed = (text: string, variant: number): string =>
    text.replaceAll(/\bslo:[\w:]+/g, (name) => nameIn(name, variant));
  const recordings = variants.flatMap((variant, index) =>
    variant.recordings
      .map((rule) => ({ ...rule, record: nameIn(rule.record!, index), expr: renamed(rule.expr, index) }))
      .filter(({ record }) => record.startsWith(`slo${index}:`)),
  );
  const alerts = variants.flatMap((variant, index) =>
    variant.alerts.map((rule) => ({ ...rule, alert: nameOf(rule.alert!, index), expr: renamed(rule.expr, index) })),
  );
  const groups = [
    { name: recordingGroupNames[0], rules: recordings },
    { name: "alerts", rules: alerts },
  ];
  return toYaml({ groups });
}

/** The rules that record what an expression reads, and what these read in turn. */
function basisOf(expression: string, recordings: readonly Rule[]): readonly Rule[] {
  return recordings
    .filter(({ record }) => expression.includes(`${record}{`))
    .flatMap((rule) => [rule, ...basisOf(rule.expr, recordings)]);
}

function isSame(one: readonly Rule[], other: readonly Rule[]): boolean {
  return one.length === other.length && one.every((rule, index) => rule === other[index]);
}

function nameOf(alert: string, index: number): string {
  return `${alert}__${index}`;
}

/** `passed`, or what it says of failures. */
function runPromtool(file: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  execFile("promtool", ["test", "rules", file], { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
    // It ends with 1 where a test fails.
    if (error === null) resolve("passed");
    else if (error.code === 1) resolve(stdout + stderr);
    else reject(error);
  });
  return promise;
}

/** Of a Prometheus duration such as `1h30m`. */
function secondsOfSpan(span: string): number {
  const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  return [...span.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * unitSeconds[unit!]!,
    0,
  );
}
