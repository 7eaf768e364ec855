import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { makeRoom } from "./bound-log.ts";

test("a full log is copied beside itself and emptied, with every line in one of the two, again and again", async (t) => {
  const path = join(createTemporaryFolder(t), "router.log");
  const file = openSync(path, "a");
  t.after(() => closeSync(file));
  writeSync(file, "one\n");
  await makeRoom(path, file, 100);
  assert.equal(existsSync(`${path}.1`), false, "there is room yet");
  for (const round of ["two", "three"]) {
    const long = `${round} `.repeat(100_000);
    const before = readFileSync(path, "utf8");
    writeSync(file, long);
    const making = makeRoom(path, file, 100);
    writeSync(file, "meanwhile\n");
    await making;
    writeSync(file, "after\n");
    assert.equal(readFileSync(`${path}.1`, "utf8") === `${before}${long}meanwhile\n`, true);
    assert.equal(readFileSync(path, "utf8"), "after\n");
  }
});
