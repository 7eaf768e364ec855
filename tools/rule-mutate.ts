/**
 * Mutation run over the alert rules: each rule is changed a little in every way there is, and its tests must notice.
 * Prints what survived and the share that was killed; fails below 95 %. `--alert <name>` takes one alert only,
 * `--every <n>` each n-th change: a sample, where all would take minutes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readRules } from "./rule-lint/lint-rules.ts";
import type { Rule } from "./rule-lint/lint-rules.ts";
import { mutantsOf } from "./rule-mutations/mutants.ts";
import type { Mutant } from "./rule-mutations/mutants.ts";
import { runTrials } from "./rule-mutations/run-tests.ts";
import type { RuleTrial } from "./rule-mutations/run-tests.ts";
import { trialOf } from "./rule-mutations/trials.ts";

const wantedShare = 0.95;

interface Wrong {
  readonly rule: string;
  readonly mutant: Mutant;
  readonly trial: RuleTrial;
}

const { values: options } = parseArgs({ options: { alert: { type: "string" }, every: { type: "string" } } });
const every = Number(options.every ?? 1);
if (!Number.isInteger(every) || every < 1) throw new RangeError("--every: a number from 1 up");
const rulesIn = (file: string): readonly Rule[] =>
  readRules(readFileSync(join(import.meta.dirname, "../ops/prometheus", file), "utf8"));
const recordings = rulesIn("recording_rules.yml");
const alerts = rulesIn("alert_rules.yml").filter(({ alert }) => options.alert === undefined || alert === options.alert);
const trials = [...Map.groupBy(alerts, ({ alert }) => alert).values()].map((rules) => trialOf(rules, recordings));

const sound = await runTrials(trials);
const broken = trials.filter((_, index) => !sound[index]).map(nameOf);
if (broken.length > 0) throw new Error(`the tests of the unchanged rules fail: ${broken.join(", ")}`);

const wrongs = trials
  .flatMap((trial) => [...alertWrongs(trial), ...recordingWrongs(trial)])
  .filter((_, index) => index % every === 0);
const survived = (await runTrials(wrongs.map(({ trial }) => trial))).map((isAlive, index) => ({
  isAlive,
  ...wrongs[index]!,
}));
for (const { isAlive, rule, mutant } of survived) {
  if (isAlive) console.log(`survived: ${rule}: ${mutant.kind}: ${mutant.change}`);
}
for (const [kind, group] of Map.groupBy(survived, ({ mutant }) => mutant.kind)) {
  console.log(`${kind}: ${group.filter(({ isAlive }) => !isAlive).length} of ${group.length} killed`);
}
const killed = survived.filter(({ isAlive }) => !isAlive).length;
console.log(
  `${trials.length} alerts, ${wrongs.length} mutants, ${killed} killed: ${((killed / wrongs.length) * 100).toFixed(1)} %`,
);
process.exitCode = killed / wrongs.length < wantedShare ? 1 : 0;

/**
 * The alerts on objectives come from one template: it is changed once, at the first of them. Of the others only what is
 * their own is: what they count, severity and `for`.
 */
function isRepetition(trial: RuleTrial, { kind }: Mutant): boolean {
  const isOfTemplate = trial.recordings.length > 0 && !nameOf(trial).startsWith("Availability");
  return isOfTemplate && kind !== "severity" && kind !== "for";
}

function nameOf({ alerts }: RuleTrial): string {
  return alerts[0]!.alert!;
}

function alertWrongs(trial: RuleTrial): readonly Wrong[] {
  return trial.alerts.flatMap((alert, index) => {
    const mutants = mutantsOf(alert).filter((mutant) => !isRepetition(trial, mutant));
    return mutants.map((mutant) => ({
      rule: nameOf(trial),
      mutant,
      trial: { ...trial, alerts: trial.alerts.with(index, mutant.rule) },
    }));
  });
}

/** The alert's tests stand for what it reads, too; what both alerts of an objective read is changed once. */
function recordingWrongs(trial: RuleTrial): readonly Wrong[] {
  const alert = nameOf(trial);
  const isOwn = ({ record = "" }: Rule): boolean =>
    record.startsWith("slo:error_ratio") ? alert.startsWith("Availability") : alert.endsWith("FastBurn");
  return trial.recordings.flatMap((recording, index) =>
    (isOwn(recording) ? mutantsOf(recording) : []).map((mutant) => ({
      rule: `${alert} ← ${recording.record}`,
      mutant,
      trial: { ...trial, recordings: trial.recordings.with(index, mutant.rule) },
    })),
  );
}
