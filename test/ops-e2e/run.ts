/**
 * `npm run ops:e2e`: breaks things one after the other, and proves that the right people hear of it, of nothing else, and of the end.
 *
 *     --only NAME[,NAME…]   these faults (`quiet-period` is one, too)
 *     --at-once N           trials side by side (else five)
 *     --list                the names
 *     --json                one JSON document at the end in place of lines
 *
 * Exit codes: 0 all proven, 1 something was not (a fault that cannot be tried here counts), 2 the command line makes no sense.
 */
import { findPrograms, debianPackages } from "../../src/alerting/local/installed-programs.ts";
import type { ProgramName } from "../../src/alerting/local/installed-programs.ts";
import { allFaults } from "./all-faults.ts";
import { proveFault } from "./prove-fault.ts";
import type { FaultResult, Progress } from "./prove-fault.ts";
import { proveQuiet, quietPeriodName } from "./quiet-period.ts";
import { timeScale } from "./stack.ts";

interface Wish {
  readonly names: readonly string[];
  readonly atOnce: number;
  readonly asJson: boolean;
  readonly isList: boolean;
}

const allNames = [quietPeriodName, ...allFaults.map(({ name }) => name)];

function readArguments(args: readonly string[]): Wish | string {
  let names: readonly string[] = allNames;
  let atOnce = 5;
  for (let index = 0; index < args.length; index++) {
    const word = args[index];
    if (word === "--json" || word === "--list") continue;
    const value = args[++index] ?? "";
    if (word === "--only") names = value.split(",");
    else if (word === "--at-once") atOnce = Number(value);
    else return `unknown option ${word}`;
  }
  const unknown = names.find((name) => !allNames.includes(name));
  if (unknown !== undefined) return `there is no fault ${unknown}; --list names them`;
  if (!Number.isInteger(atOnce) || atOnce < 1) return "--at-once: a number from 1 up";
  return { names, atOnce, asJson: args.includes("--json"), isList: args.includes("--list") };
}

async function main(args: readonly string[]): Promise<number> {
  const wish = readArguments(args);
  if (typeof wish === "string") {
    console.error(wish);
    return 2;
  }
  if (wish.isList) {
    for (const name of wish.names) console.log(name);
    return 0;
  }
  const missing = missingPackages();
  if (missing.length > 0) {
    console.error(`not installed: ${missing.join(", ")}`);
    return 1;
  }
  const startedMs = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - startedMs) / 1000)} s`.padStart(6);
  const progress: Progress = (fault, line) => {
    if (!wish.asJson) console.log(`${elapsed()}  ${fault.padEnd(22)} ${line}`);
  };
  progress("", `${wish.names.length} trials, ${wish.atOnce} at once; the rules' time runs ${timeScale} times as fast`);
  const results = await runAll(wish, progress);
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  if (wish.asJson) console.log(JSON.stringify({ seconds, timeScale, results }, null, 2));
  else report(results, seconds);
  return results.every(({ outcome }) => outcome === "proven") ? 0 : 1;
}

/** So many at once, in their order; results in that order, too. */
async function runAll({ names, atOnce }: Wish, progress: Progress): Promise<readonly FaultResult[]> {
  const results: FaultResult[] = [];
  const waiting = [...names.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, name] = next;
      const fault = allFaults.find((one) => one.name === name);
      const result = fault === undefined ? await proveQuiet(progress) : await proveFault(fault, progress);
      results[index] = result;
      progress(name, `${result.outcome}${result.reason === null ? "" : `: ${result.reason}`}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

function missingPackages(): readonly string[] {
  const programs = findPrograms(process.env["PATH"] ?? "");
  return (Object.keys(programs) as ProgramName[])
    .filter((name) => programs[name] === null)
    .map((name) => debianPackages[name]);
}

function report(results: readonly FaultResult[], seconds: number): void {
  const inSeconds = (value: number | null): string => (value === null ? "-" : `${value} s`).padStart(8);
  console.log(
    `\n${"fault".padEnd(22)} ${"alert".padEnd(22)} ${"came after".padStart(10)} ${"allowed".padStart(8)} ${"resolved".padStart(8)}`,
  );
  for (const {
    fault,
    alert,
    outcome,
    deliveredAfterSeconds,
    allowedSeconds,
    resolvedAfterSeconds,
    reason,
  } of results) {
    const times = `${inSeconds(deliveredAfterSeconds).padStart(10)} ${inSeconds(allowedSeconds)} ${inSeconds(resolvedAfterSeconds)}`;
    console.log(`${fault.padEnd(22)} ${alert.padEnd(22)} ${times}  ${outcome}${reason === null ? "" : `: ${reason}`}`);
  }
  const count = (outcome: FaultResult["outcome"]): number => results.filter((one) => one.outcome === outcome).length;
  console.log(`\n${seconds} s in all`);
  console.log(`${count("proven")} passed, ${count("failed") + count("skipped")} failed`);
}

process.exitCode = await main(process.argv.slice(2));
