/** A folder that is gone after the test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The part of a test's context that cleans up after it. */
export interface CleansUp {
  after(clean: () => void | Promise<void>): void;
}

/** A new empty folder; removed with all in it when the test `t` ends. */
export function createTemporaryFolder(t: CleansUp): string {
  const folder = mkdtempSync(join(tmpdir(), "ccr-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
