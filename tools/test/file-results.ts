/** What came of each test file in a run. */
import type { TestsStream } from "node:test";

export interface FileResult {
  passed: number;
  failed: number;
  /** Names of skipped tests with their reasons. */
  readonly skipped: string[];
  /** Skips that another machine would not have. */
  missing: number;
}

/** Skips that no machine can avoid: what the project may not install. They are shown all the same. */
const optionalReason = /^optional: /;

/** The file that was run, where a test stands in another one that it loads: told by Node, not in its types. */
interface Place {
  readonly entryFile?: string;
  readonly file?: string | undefined;
}

/** Gathers the results of a run while it goes on; they are whole when the stream has ended. */
export function collectResults(stream: TestsStream): ReadonlyMap<string, FileResult> {
  const results = new Map<string, FileResult>();
  const resultOf = ({ entryFile, file = "" }: Place): FileResult => {
    const key = entryFile ?? file;
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = { passed: 0, failed: 0, skipped: [], missing: 0 };
    results.set(key, result);
    return result;
  };
  stream.on("test:pass", (event) => {
    if (event.details.type === "suite") return;
    const result = resultOf(event);
    if (event.skip === undefined) {
      result.passed++;
      return;
    }
    const reason = typeof event.skip === "string" ? event.skip : "";
    result.skipped.push(reason === "" ? event.name : `${event.name}: ${reason}`);
    if (!optionalReason.test(reason)) result.missing++;
  });
  stream.on("test:fail", (event) => {
    if (event.details.type !== "suite") resultOf(event).failed++;
  });
  return results;
}

/** All files together. */
export function sumResults(results: Iterable<FileResult>): FileResult {
  const sum: FileResult = { passed: 0, failed: 0, skipped: [], missing: 0 };
  for (const { passed, failed, skipped, missing } of results) {
    sum.passed += passed;
    sum.failed += failed;
    sum.missing += missing;
    sum.skipped.push(...skipped);
  }
  return sum;
}
