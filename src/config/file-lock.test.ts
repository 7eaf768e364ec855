import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lutimesSync, mkdtempSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync } from "node:fs";
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

test("a process killed while it holds the lock keeps nobody waiting", async () => {
  const holding = `import { withFileLock } from ${JSON.stringify(join(import.meta.dirname, "file-lock.ts"))};
    await withFileLock(${JSON.stringify(path)}, async () => { process.stdout.write("held"); await new Promise(() => setInterval(() => {}, 1000)); });`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", holding], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  // By its age it would be held for an hour yet.
  lutimesSync(path, new Date(), new Date(Date.now() + 3_600_000));
  assert.equal(await workTogether(10), 1);
  assert.deepEqual(readdirSync(folder), []);
});

test("where no lock can be made, the error names the place", async () => {
  const nowhere = join(folder, "none", "lock");
  await assert.rejects(
    withFileLock(nowhere, () => Promise.resolve()),
    { code: "ENOENT", path: nowhere },
  );
});

test("a lock of another host is left alone, and taken over when nobody can hold it so long", async () => {
  symlinkSync("another-host~1~1~x", path);
  lutimesSync(path, 1, 1);
  assert.equal(await workTogether(10), 1);
  assert.deepEqual(readdirSync(folder), []);
});

test("a lock of an earlier version is taken over in the same way", async () => {
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
