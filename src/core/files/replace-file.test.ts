import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { replaceFile } from "./replace-file.ts";
import { fileErrorText } from "../errors/system-error.ts";

test("the new text stands there whole, for its owner alone", async (t) => {
  const path = join(createTemporaryFolder(t), "file");
  await replaceFile(path, "one");
  await replaceFile(path, "two");
  assert.deepEqual([readFileSync(path, "utf8"), statSync(path).mode & 0o777], ["two", 0o600]);
});

test("where it cannot be done the old text stays, nothing is left beside it, and the error names the file", async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "file");
  await replaceFile(path, "old");
  const failed = replaceFile(path, "new", () => {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  });
  await assert.rejects(failed, (error) => {
    assert.equal(fileErrorText(error), `${path}: the disk is full (ENOSPC)`);
    return true;
  });
  assert.deepEqual([readdirSync(folder), readFileSync(path, "utf8")], [["file"], "old"]);
});

test("a full disk is named with the file and leaves nothing behind", async (t) => {
  const folder = join(createTemporaryFolder(t), "disk");
  mkdirSync(folder);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]).status !== 0)
    return t.skip("this user may not mount a small disk");
  try {
    const path = join(folder, "file");
    await replaceFile(path, "old");
    assert.throws(() => writeFileSync(join(folder, "fill"), Buffer.alloc(128 * 1024)));
    const words = await replaceFile(path, "n".repeat(8192)).then(() => "done", fileErrorText);
    assert.equal(words, `${path}: the disk is full (ENOSPC)`);
    assert.deepEqual([readdirSync(folder).toSorted(), readFileSync(path, "utf8")], [["file", "fill"], "old"]);
  } finally {
    spawnSync("umount", [folder]);
  }
});
