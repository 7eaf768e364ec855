/** Whole requests at a steady rate, whatever the server does, from a process of their own (paced-load-main.ts). */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { loadCore, startChild } from "../rig/children.ts";

export interface PacedPlan {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly perSecond: number;
  /** What counts; one more second goes before, in which the load's own code becomes warm. */
  readonly seconds: number;
  readonly connections: number;
}

export interface PacedResult {
  /** Milliseconds from the moment at which a request was due, in the order of the answers. */
  readonly latenciesMs: readonly number[];
  /** Answers that were not 200 with `x-ccr-cache: hit`. */
  readonly others: number;
  /** Requests left out of `latenciesMs`: the kernel gave the load's core to somebody else while they were under way. */
  readonly disturbed: number;
}

/** V8 without threads of its own: on the load's one core they would stand in its way. */
const flags = ["--single-threaded", "--max-semi-space-size=64", "--min-semi-space-size=64"];

/** Runs `plan` on the load's core. Throws where the load fails. */
export async function runPacedLoad(plan: PacedPlan): Promise<PacedResult> {
  const main = fileURLToPath(new URL("paced-load-main.ts", import.meta.url));
  const child = startChild(process.execPath, [...flags, main, JSON.stringify(plan)], { core: loadCore });
  await once(child.process, "exit");
  const line = /^RESULT (.*)$/m.exec(child.output())?.[1];
  if (line === undefined) throw new Error(`the load failed: ${child.output().slice(-500)}`);
  return JSON.parse(line) as PacedResult;
}
