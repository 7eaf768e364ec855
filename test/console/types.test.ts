/** The console's scripts are plain JavaScript; their types are those of the router's own answers. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

test("the console's scripts fit the types of what the router answers", () => {
  const compiler = join(import.meta.dirname, "../../node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(compiler, ["-p", import.meta.dirname], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});
