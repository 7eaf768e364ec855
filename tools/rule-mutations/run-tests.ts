/** Runs many small rule tests with `promtool`, several files in one process, several processes side by side. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { recordingGroupNames } from "../../src/alerting/recording-rules.ts";
import { toYaml } from "../../src/alerting/ops-yaml.ts";
import type { Rule } from "../rule-lint/lint-rules.ts";
import { renderTestFile } from "../rule-tests/test-file.ts";
import type { ScenarioSet } from "../rule-tests/test-files.ts";

/** One alert with what it needs, and its scenarios. */
export interface RuleTrial {
  readonly recordings: readonly Rule[];
  /** Rules of one name. */
  readonly alerts: readonly Rule[];
  readonly set: Pick<ScenarioSet, "evaluateEvery" | "scenarios">;
}

/** Whether each trial's tests pass, in the order given. Rejects where `promtool` cannot run. */
export async function runTrials(trials: readonly RuleTrial[]): Promise<readonly boolean[]> {
  const folder = mkdtempSync(join(tmpdir(), "ccr-rules-"));
  try {
    const files = trials.map((trial, index) => writeTrial(folder, index, trial));
    const passed = await inParallel(chunks(files));
    return files.map((file) => passed.has(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeTrial(folder: string, index: number, { recordings, alerts, set }: RuleTrial): string {
  const rules = join(folder, `${index}.rules.yml`);
  const groups = [
    { name: recordingGroupNames[0], rules: recordings },
    { name: "alerts", rules: alerts },
  ];
  writeFileSync(rules, toYaml({ groups }));
  const test = join(folder, `${index}.test.yml`);
  writeFileSync(test, renderTestFile(set, [rules], [recordingGroupNames[0], "alerts"]));
  return test;
}

const filesAtOnce = 8;

function chunks(files: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(files.length / filesAtOnce) }, (_, index) =>
    files.slice(index * filesAtOnce, (index + 1) * filesAtOnce),
  );
}

/** The files whose tests pass. */
async function inParallel(queue: string[][]): Promise<ReadonlySet<string>> {
  const passed = new Set<string>();
  const work = async (): Promise<void> => {
    for (let files = queue.shift(); files !== undefined; files = queue.shift()) {
      for (const file of await runPromtool(files)) passed.add(file);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return passed;
}

function runPromtool(files: readonly string[]): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  execFile("promtool", ["test", "rules", ...files], { maxBuffer: 1 << 28 }, (error, stdout) => {
    // It ends with 1 where a test fails; what it prints tells which.
    if (error !== null && error.code !== 1) reject(error);
    else resolve([...stdout.matchAll(/^Unit Testing: {2}(\S+)\n {2}SUCCESS$/gm)].map(([, file]) => file!));
  });
  return promise;
}
