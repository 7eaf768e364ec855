import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeFolder } from "./make-folder.ts";

let base: string;
before(() => {
  base = mkdtempSync(join(tmpdir(), "ccr-make-folder-"));
});
after(() => rmSync(base, { recursive: true }));

test("makes every missing folder of the path, with the mode that is asked for", () => {
  makeFolder(join(base, "a/b/c"), 0o700);
  assert.equal(statSync(join(base, "a")).mode & 0o777, 0o700);
  assert.equal(statSync(join(base, "a/b/c")).mode & 0o777, 0o700);
});

test("leaves a folder that is there as it is", () => {
  makeFolder(base);
  assert.equal(statSync(base).mode & 0o777, 0o700);
});

test("says that a file stands at the path, or on the way", () => {
  writeFileSync(join(base, "file"), "");
  assert.throws(() => makeFolder(join(base, "file")), { code: "EEXIST" });
  assert.throws(() => makeFolder(join(base, "file/x/y")), { code: /ENOTDIR|EEXIST/ });
});

test(
  "gives up where the file system makes no folders, as an automounted /home does",
  { skip: !existsSync("/proc/self") },
  () => {
    assert.throws(() => makeFolder("/proc/none/logs"), { code: "ENOENT" });
  },
);
