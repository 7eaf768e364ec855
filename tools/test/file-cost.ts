/** What a test file cost, told by its process to the run that started it. */
import { readFileSync } from "node:fs";

/** The environment variable that names the file to which each test process adds its line. */
export const reportVariable = "CCR_TEST_COSTS";

export interface FileCost {
  readonly file: string;
  readonly processorMs: number;
  readonly wallMs: number;
}

/** The costs that processes told, dearest first. */
export function readFileCosts(report: string): readonly FileCost[] {
  return readFileSync(report, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as FileCost)
    .sort((left, right) => right.processorMs - left.processorMs);
}
