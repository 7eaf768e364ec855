import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const page = readFileSync(join(import.meta.dirname, "../../docs/reliability.md"), "utf8");

/** Title and file of every test of this folder but this one. */
function findTests(): readonly string[] {
  const files = globSync("*.test.ts", { cwd: import.meta.dirname, exclude: ["reliability-page.test.ts"] });
  return files.flatMap((file) => {
    const source = readFileSync(join(import.meta.dirname, file), "utf8");
    return [...source.matchAll(/^test\(\s*"((?:[^"\\]|\\.)*)"/gm)].map(([, title]) => `${title} | ${file}`);
  });
}

/** The page's rows: fault, what happens, test file. A test's title is the first two, joined by a colon. */
function findRows(): readonly string[] {
  return [...page.matchAll(/^\| (.+) \| (.+) \| `(\S+\.test\.ts)` \|$/gm)].map(
    ([, fault, what, file]) => `${fault}: ${what} | ${file}`,
  );
}

test("docs/reliability.md has a row for every test of this folder, in the same words, and no other row", () => {
  assert.deepEqual(findRows().toSorted(), findTests().toSorted());
});
