/** What the log of a router in the background holds, and what `ccr logs` shows of it. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { spawnCli } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../../test/kit/wait-until.ts";
import { place, startJson } from "../test-place.ts";
import { takenPort } from "../../../test/kit/taken-port.ts";

test("the log of a router in the background holds lines of JSON and nothing else, also of a start that is refused", async (t) => {
  const here = place(t);
  const { pid } = await startJson(here);
  const log = join(here.folder, "state/logs/router.log");
  process.kill(pid, "SIGUSR2");
  await waitUntil("a heap snapshot is written", () => /heap snapshot written/.test(readFileSync(log, "utf8")), 30_000);
  await here.run("stop");
  for (const [options, words] of [
    [["--host", "0.0.0.0"], "no key is configured"],
    [["--port", String(await takenPort(t))], "is taken by another program"],
  ] as const) {
    const { exitCode, stderr } = await here.run("start", ...options);
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`^ccr: .*${words}`));
    assert.doesNotMatch(stderr, /ccr logs/, "the log says the same");
  }
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  for (const words of [
    /^listening$/,
    /^the router cannot start: .*no key is configured/,
    /is taken by another program/,
  ]) {
    assert.ok(
      messages.some((message) => words.test(message)),
      lines.join("\n"),
    );
  }
});

test("logs print the end of the log, and say where there is none", async (t) => {
  const here = place(t);
  const none = await here.run("logs");
  assert.equal(none.exitCode, 1);
  assert.match(none.stderr, /there is no log yet/);
  await startJson(here);
  const { stdout } = await here.run("logs", "-n", "1");
  assert.equal(stdout.trimEnd().split("\n").length, 1);
  assert.match((await here.run("logs")).stdout, /"msg":"listening"/);
});

test("logs --follow goes on with what is added, through a log begun anew", async (t) => {
  const folder = createTemporaryFolder(t);
  const log = join(folder, "state/logs/router.log");
  mkdirSync(join(folder, "state/logs"), { recursive: true });
  writeFileSync(log, "one\ntwo is longer\n");
  const child = spawnCli(["logs", "--follow", "-n", "1"], { folder });
  t.after(() => void child.kill());
  let seen = "";
  child.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  await waitUntil("the last line is there", () => seen === "two is longer\n");
  writeFileSync(log, "three\n");
  await waitUntil("the new log's line is there", () => seen === "two is longer\nthree\n");
});
