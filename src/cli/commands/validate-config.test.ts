/** What checks of the configuration find, before any start does. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../../../test/kit/run-cli.ts";
import type { CliRun } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";

const aKey = { GROQ_API_KEY: "gsk" };

test("validate-config lists every error with line and near name, and exits with 1", async (t) => {
  const folder = createTemporaryFolder(t);
  const file = join(folder, "ccr.yaml");
  writeFileSync(file, "server: { prot: 1 }\nlogging: { level: loud }\n");
  const { exitCode, stdout } = await runCli(["validate-config"], { folder });
  assert.equal(exitCode, 1);
  assert.match(stdout, /ccr\.yaml:1 server\.prot: is no known setting; did you mean `port`\?/);
  assert.match(stdout, /ccr\.yaml:2 logging\.level: must be /);
  assert.match(stdout, /not valid .*: 2 errors/);
  const json = JSON.parse((await runCli(["validate-config", file, "--json"], { folder })).stdout) as {
    valid: boolean;
    problems: { path: string; line: number; nearest: string | null }[];
  };
  assert.equal(json.valid, false);
  assert.deepEqual(
    json.problems.map(({ path, line, nearest }) => [path, line, nearest]),
    [
      ["server.prot", 1, "port"],
      ["logging.level", 2, null],
    ],
  );
  writeFileSync(file, "server: { port: 1 }\n");
  assert.equal((await runCli(["validate-config"], { folder, env: aKey })).exitCode, 0);
});

test("validate-config refuses what start would refuse: no provider, or one without its key", async (t) => {
  const folder = createTemporaryFolder(t);
  const validate = (env = {}): Promise<CliRun> => runCli(["validate-config"], { folder, env });
  const none = await validate();
  assert.equal(none.exitCode, 1);
  assert.match(
    none.stdout,
    /^error no provider to send calls to: no ccr\.yaml.*; set ANTHROPIC_API_KEY, .*\nnot valid /,
  );
  assert.equal((await validate(aKey)).exitCode, 0);
  writeFileSync(join(folder, "ccr.yaml"), "providers: { deepseek: {}, groq: {} }\n");
  const keyless = await validate({ GROQ_API_KEY: "gsk" });
  assert.equal(keyless.exitCode, 1);
  assert.match(keyless.stdout, /ccr\.yaml: providers\.deepseek: no key; set `apiKey`, or DEEPSEEK_API_KEY/);
  assert.match(keyless.stdout, /not valid .*: one error/);
});

test("validate-config warns of an open address without keys, and refuses a keys file that is damaged", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), "server: { host: 0.0.0.0 }\nauth: { keysFile: ./keys.json }\n");
  const open = await runCli(["validate-config"], { folder, env: aKey });
  assert.equal(open.exitCode, 0);
  assert.match(open.stdout, /^warning .*no key is configured: make one by `ccr keys create`/);
  writeFileSync(join(folder, "keys.json"), "{}");
  const damaged = await runCli(["validate-config"], { folder, env: aKey });
  assert.equal(damaged.exitCode, 1);
  assert.match(damaged.stdout, /^error .*keys\.json is damaged/);
});

test("validate-config refuses an own routing module that cannot be loaded, with file and reason", async (t) => {
  const folder = createTemporaryFolder(t);
  const module = join(folder, "route.mjs");
  writeFileSync(join(folder, "ccr.yaml"), "routing: { module: ./route.mjs }\n");
  for (const [text, reason] of [
    ['throw new Error("no tenants file");', "cannot be loaded: no tenants file"],
    ['import "./gone.mjs";', "cannot be loaded: Cannot find module "],
    ["export const route = 1;", "has no default export made by defineRoute(...)"],
  ] as const) {
    writeFileSync(module, text);
    const { exitCode, stdout } = await runCli(["validate-config"], { folder, env: aKey });
    assert.equal(exitCode, 1);
    assert.ok(stdout.includes(`ccr.yaml: routing.module: ${module} ${reason}`), stdout);
  }
  writeFileSync(module, "setInterval(() => {}, 1_000); export default () => null;");
  assert.equal((await runCli(["validate-config"], { folder, env: aKey })).exitCode, 0);
});

test("preflight names the configuration's file once, with the lines that are wrong", async (t) => {
  const folder = createTemporaryFolder(t);
  const file = join(folder, "ccr.yaml");
  writeFileSync(file, "routing: { module: ./gone.ts }\nserver: { prot: 1 }\n");
  const { exitCode, stdout } = await runCli(["preflight"], { folder });
  assert.equal(exitCode, 2);
  const line = stdout.split("\n").find((one) => one.includes("configuration ")) ?? "";
  assert.equal(line.split(file).length, 2, line);
  assert.match(line, /line 2 server\.prot: is no known setting/);
});
