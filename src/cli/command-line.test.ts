/** The help of each command, and what a wrong command line is told. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";

test("without a command it prints its help, and says what each command is for", async (t) => {
  const { exitCode, stdout } = await runCli([], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 0);
  for (const name of ["start", "stop", "restart", "status", "logs", "demo", "code", "env", "models"]) {
    assert.match(stdout, new RegExp(`^  ${name} `, "m"));
  }
});

test("a wrong command line is one line, a near name, where it is told how it goes, and exit code 2", async (t) => {
  const folder = createTemporaryFolder(t);
  const command = await runCli(["strat"], { folder });
  assert.deepEqual([command.exitCode, command.stdout], [2, ""]);
  assert.match(
    command.stderr,
    /^ccr: unknown command 'strat'\n\(Did you mean start\?\)\n {5}`ccr --help` shows how it goes\n$/,
  );
  const argument = await runCli(["keys", "revoke"], { folder });
  assert.match(
    argument.stderr,
    /^ccr: missing required argument 'id'\n {5}`ccr keys revoke --help` shows how it goes\n$/,
  );
  const option = await runCli(["status", "--jsno"], { folder });
  assert.equal(option.exitCode, 2);
  assert.match(option.stderr, /^ccr: unknown option '--jsno'/);
});

test("with --json a failure is one document too, and said to people beside it", async (t) => {
  const folder = createTemporaryFolder(t);
  for (const [words, exitCode, message] of [
    ["models", 1, "the router does not run"],
    ["explain", 2, "which model is asked for?"],
    ["costs --nope", 2, "unknown option '--nope'"],
    [
      "restart --config nope.yaml",
      1,
      `the configuration cannot be used:\n${join(folder, "nope.yaml")}: the file does not exist`,
    ],
  ] as const) {
    const run = await runCli([...words.split(" "), "--json"], { folder });
    const { error } = JSON.parse(run.stdout) as { error: { message: string } };
    assert.deepEqual([run.exitCode, error.message], [exitCode, message], words);
    assert.ok(run.stderr.startsWith(`ccr: ${message}\n`), run.stderr);
  }
  assert.equal((await runCli(["code", "--json"], { folder, env: { PATH: folder } })).stdout, "");
});

test("a provider behind an investigation that looks at all of them is a wrong command line", async (t) => {
  const run = await runCli(["investigate", "latency", "openai"], { folder: createTemporaryFolder(t) });
  assert.equal(run.exitCode, 2);
  assert.match(
    run.stderr,
    /^ccr: latency is looked at over all providers\n +`ccr investigate provider openai` looks at one\n$/,
  );
});

test("the help of a command is printed however deep it stands; one that does not exist is a wrong command line", async (t) => {
  const folder = createTemporaryFolder(t);
  assert.match((await runCli(["help", "keys", "create"], { folder })).stdout, /^Usage: ccr keys create /);
  for (const names of [["nosuch"], ["keys", "nosuch"]]) {
    const { exitCode, stdout, stderr } = await runCli(["help", ...names], { folder });
    assert.deepEqual([exitCode, stdout], [2, ""]);
    assert.match(stderr, /^ccr: unknown command 'nosuch'\n {5}`ccr( keys)? --help` shows how it goes\n$/);
  }
});

test("commands that do something by themselves print the help of their subcommands too", async (t) => {
  const folder = createTemporaryFolder(t);
  for (const [name, sub] of [
    ["alerts", "show"],
    ["costs", "reprice"],
  ] as const) {
    const { exitCode, stdout } = await runCli([name, "help", sub], { folder });
    assert.equal(exitCode, 0);
    assert.ok(stdout.startsWith(`Usage: ccr ${name} ${sub} `), stdout);
  }
});

test("costs in two forms at once are a wrong command line", async (t) => {
  const { exitCode, stderr } = await runCli(["costs", "--csv", "--json"], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 2);
  assert.match(stderr, /^ccr: option '--csv' cannot be used with option '--json'\n/);
});

test("an option of the report that repricing does not follow is a wrong command line", async (t) => {
  const folder = createTemporaryFolder(t);
  const days = ["--from=2026-11-01", "--to=2026-11-02"];
  for (const [name, option] of [
    ["csv", "--csv"],
    ["by", "--by=user"],
    ["limit", "-n5"],
  ] as const) {
    const { exitCode, stderr } = await runCli(["costs", option, "reprice", ...days], { folder });
    assert.equal(exitCode, 2);
    assert.match(stderr, new RegExp(`^ccr: --${name} is of no use to reprice\\n`));
  }
});

test("the help fits a terminal of 80 columns", async (t) => {
  const { stdout } = await runCli(["--help"], { folder: createTemporaryFolder(t) });
  const tooWide = stdout.split("\n").filter((line) => line.length > 80);
  assert.deepEqual(tooWide, []);
});

test("a port that is none is a wrong command line", async (t) => {
  const folder = createTemporaryFolder(t);
  for (const port of ["abc", "-1", "65536", ""]) {
    const { exitCode, stderr } = await runCli(["start", `--port=${port}`], { folder });
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /^ccr: option '-p, --port <port>' argument '.*' is invalid\. It is a number from 0 to 65535\.$/m,
    );
  }
});
