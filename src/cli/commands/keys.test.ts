/** Keys that are made, listed and revoked by command. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";

test("a key is printed once, alone on standard output; the list shows everything but the key", async (t) => {
  const folder = createTemporaryFolder(t);
  const made = await runCli(
    ["keys", "create", "--user", "ana", "--models", "claude-*, gpt-5", "--rpm", "60", "--expires", "30d"],
    { folder },
  );
  assert.match(made.stdout, /^ccr_[0-9A-Za-z]{40}\n$/);
  assert.match(made.stderr, /key_[0-9a-f]{8} for ana/);
  const listed = JSON.parse((await runCli(["keys", "list", "--json"], { folder })).stdout) as Record<string, unknown>[];
  assert.equal(listed.length, 1);
  assert.deepEqual(listed[0]?.allowedModels, ["claude-*", "gpt-5"]);
  assert.equal(listed[0]?.state, "active");
  const files = readdirSync(join(folder, "state"), { recursive: true, encoding: "utf8" });
  for (const file of files) assert.ok(!readFileSync(join(folder, "state", file), "utf8").includes(made.stdout.trim()));
  const id = String(listed[0]?.id);
  assert.equal((await runCli(["keys", "revoke", id], { folder })).stdout, `revoked ${id}\n`);
  assert.match((await runCli(["keys", "list"], { folder })).stdout, new RegExp(`^${id} .* revoked `, "m"));
  assert.equal((await runCli(["keys", "revoke", "key_none"], { folder })).exitCode, 1);
});

test("a key without a user, with a limit that is no number, a name that cannot be shown or an end that never comes is a wrong command line", async (t) => {
  const folder = createTemporaryFolder(t);
  for (const args of [
    [],
    ["--user", "a", "--rpm", "many"],
    ["--user", "a", "--expires", "2020-01-01"],
    ["--user", "a", "--expires", "soon"],
    ["--user", "a", "--expires", "99999999999d"],
    ["--user", ""],
    ["--user", "a", "--team", " "],
    ["--user", "two\nlines"],
    ["--user", "a", "--tier", "\u001B[2Jvip"],
    ["--user", "a".repeat(200)],
  ]) {
    assert.equal((await runCli(["keys", "create", ...args], { folder })).exitCode, 2, args.join(" "));
  }
  assert.ok(!existsSync(join(folder, "state/keys.json")));
});

test("revoking the last key of a kind says what is closed then, and nothing of a kind that was never made", async (t) => {
  const folder = createTemporaryFolder(t);
  const make = async (...options: string[]): Promise<string> => {
    const { stdout } = await runCli(["keys", "create", "--json", ...options], { folder });
    return (JSON.parse(stdout) as { id: string }).id;
  };
  const revoke = async (id: string): Promise<string> => (await runCli(["keys", "revoke", id], { folder })).stderr;
  const operators = await revoke(await make("--admin"));
  assert.match(operators, /^no operators' key of the file is in force: .*\n$/);
  await make("--admin");
  const callers = await revoke(await make("--user", "ada"));
  assert.match(callers, /^no caller's key is in force: nobody is served .*\n$/);
});
