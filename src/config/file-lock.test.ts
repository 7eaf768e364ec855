import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { withFileLock } from "./file-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "ccr-lock-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "lock");

/** The most that worked at once. */
async function workTogether(count: number): Promise<number> {
  let working = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++working);
    await new Promise((resolve) => setImmediate(resolve));
    working--;
  };
  await Promise.all(Array.from({ length: count }, () => withFileLock(path, work)));
  return most;
}

test("one works at a time, and nothing is left behind", async () => {
  assert.equal(await workTogether(10), 1);
  assert.deepEqual(readdirSync(folder), []);
});

test("a lock that a dead process left is taken over, by one at a time", async () => {
  mkdirSync(path);
  utimesSync(path, 1, 1);
  assert.equal(await workTogether(10), 1);
  assert.deepEqual(readdirSync(folder), []);
});

test("work that fails gives the lock back", async () => {
  await assert.rejects(
    withFileLock(path, () => Promise.reject(new Error("no"))),
    /no/,
  );
  assert.equal(await withFileLock(path, () => Promise.resolve(5)), 5);
});
