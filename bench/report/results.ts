/** Results of runs, kept as JSON in docs/performance/ so that the page can be written from all of them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import type { MachineFacts } from "../rig/machine.ts";
import type { Outcome } from "../rig/rounds.ts";

export const docsFolder: string = fileURLToPath(new URL("../../docs/", import.meta.url));

/** What every kept result begins with. */
export interface RunFacts {
  /** ISO date and time of the end. */
  readonly finishedAt: string;
  readonly machine: MachineFacts;
  readonly isPinned: boolean;
}

export interface ComparisonResult extends RunFacts {
  readonly isFull: boolean;
  readonly durationSeconds: number;
  readonly outcomes: readonly Outcome[];
  /** Servers that could not take part, and why. */
  readonly absent: readonly string[];
}

/** A table that a run wrote: growth, steps, soak. */
export interface TableResult extends RunFacts {
  readonly method: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export type ResultName = "comparison" | "growth" | "steps" | "soak";

export function saveResult(name: ResultName, result: ComparisonResult | TableResult): void {
  mkdirSync(path.join(docsFolder, "performance"), { recursive: true });
  writeFileSync(resultFile(name), `${JSON.stringify(result, null, 2)}\n`);
}

/** The result last kept under this name; null if there is none. */
export function loadResult(name: "comparison"): ComparisonResult | null;
export function loadResult(name: "growth" | "steps" | "soak"): TableResult | null;
export function loadResult(name: ResultName): ComparisonResult | TableResult | null {
  try {
    return JSON.parse(readFileSync(resultFile(name), "utf8")) as ComparisonResult | TableResult;
  } catch {
    return null;
  }
}

function resultFile(name: ResultName): string {
  return path.join(docsFolder, "performance", `${name}.json`);
}
