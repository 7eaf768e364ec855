/** Colours, pipes and an output that takes no more. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mainFile } from "../../test/kit/main-file.ts";
import { runCli } from "../../test/kit/run-cli.ts";
import type { CliRun } from "../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";

const hasEscapes = (text: string): boolean => text.includes("\u001B[");

test("pipes get no colours, FORCE_COLOR brings them, and NO_COLOR wins", async (t) => {
  const folder = createTemporaryFolder(t);
  const run = (env: Record<string, string>): Promise<CliRun> => runCli(["validate-config"], { folder, env });
  assert.ok(!hasEscapes((await run({})).stdout));
  assert.ok(hasEscapes((await run({ FORCE_COLOR: "1" })).stdout));
  assert.ok(!hasEscapes((await run({ FORCE_COLOR: "1", NO_COLOR: "1" })).stdout));
});

test("a reader that has seen enough ends the program without a word", (t) => {
  const folder = createTemporaryFolder(t);
  mkdirSync(join(folder, "logs"));
  writeFileSync(join(folder, "logs/router.log"), "a line of the log\n".repeat(50_000));
  const script = `"${process.execPath}" "${mainFile}" logs -n 50000 2>&1 >&3 3>&- | cat`;
  const piped = execFileSync("sh", ["-c", `{ ${script}; } 3>&1 >err | head -n 1; cat err`], {
    cwd: folder,
    env: { ...process.env, CCR_HOME: folder },
    encoding: "utf8",
  });
  assert.equal(piped, "a line of the log\n");
});

test("output that cannot be written whole is a failure", { skip: !existsSync("/dev/full") }, () => {
  const { status, stderr } = spawnSync("sh", ["-c", `"${process.execPath}" "${mainFile}" --help > /dev/full`], {
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(stderr, /^ccr: the output could not be written: /);
});
