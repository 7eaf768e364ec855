/** Commands about the router that runs take the configuration that it runs with, and speak of no other router. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startRouter } from "../../test/kit/router-process.ts";
import type { RouterProcess } from "../../test/kit/router-process.ts";
import { runCli } from "../../test/kit/run-cli.ts";
import type { CliRun } from "../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";
import type { CleansUp } from "../../test/kit/temporary-folder.ts";

interface Here {
  readonly router: RouterProcess;
  readonly log: string;
  readonly keys: string;
  readonly run: (...args: readonly string[]) => Promise<CliRun>;
}

/** A router whose configuration is elsewhere than where commands run, with a line in its error log. */
async function start(t: CleansUp): Promise<Here> {
  const [etc, work] = [createTemporaryFolder(t), createTemporaryFolder(t)];
  const [log, keys] = [join(etc, "errors.log"), join(etc, "own-keys.json")];
  const configuration = {
    providers: { sim: { kind: "anthropic", baseUrl: "http://127.0.0.1:9", apiKey: "k" } },
    auth: { keysFile: keys },
    logging: { file: log },
  };
  const router = await startRouter(t, { configuration });
  const line = { level: "error", time: new Date().toISOString(), msg: "of this router alone" };
  writeFileSync(log, `${JSON.stringify(line)}\n`);
  return { router, log, keys, run: (...args) => runCli(args, { folder: work, env: { CCR_HOME: router.stateFolder } }) };
}

test("a key goes to the running router's file, wherever its configuration is, and the file is named", async (t) => {
  const { router, keys, run } = await start(t);
  const made = await run("keys", "create", "--user", "ana");
  assert.match(made.stderr, new RegExp(`^key_\\w+ for ana, kept in ${keys}; shown only now`));
  assert.match((await run("keys", "list")).stdout, /^key_\w+ +ana /m);
  const other = join(router.stateFolder, "other.yaml");
  writeFileSync(other, "auth: { keysFile: others.json }\n");
  assert.match((await run("keys", "list", "--config", other)).stdout, /^no keys/);
});

test("an investigation quotes the log of the router that it is about, and of no other", async (t) => {
  const [here, other] = [await start(t), await start(t)];
  const investigate = (...more: readonly string[]): Promise<CliRun> =>
    here.run("investigate", "errors", "--watch", "300ms", ...more);
  assert.match((await investigate()).stdout, new RegExp(`^log: 1 errors? .*\\(${here.log}\\)$`, "m"));
  const byName = await investigate("--url", `http://localhost:${here.router.port}/`);
  assert.match(byName.stdout, new RegExp(`\\(${here.log}\\)$`, "m"));
  assert.doesNotMatch((await investigate("--url", other.router.url)).stdout, /^log: /m);
});

test("checks take the running router's configuration where there is none at hand, and what is at hand before that", async (t) => {
  const { router, run } = await start(t);
  const checked = await run("validate-config");
  assert.equal(checked.stdout, `valid ${router.configurationFile}\n`);
  assert.match((await run("explain", "--model", "claude-sonnet-5")).stdout, /^1 +sim\/claude-sonnet-5 /m);
  assert.match((await run("preflight")).stdout, new RegExp(`configuration +${router.configurationFile}`));
  const here = createTemporaryFolder(t);
  writeFileSync(join(here, "ccr.yaml"), "providers: { other: { kind: anthropic, apiKey: k } }\n");
  const explained = await runCli(["explain", "-m", "claude-sonnet-5"], {
    folder: here,
    env: { CCR_HOME: router.stateFolder },
  });
  assert.match(explained.stdout, /^1 +other\/claude-sonnet-5 /m);
});

test("a shell without the router's variables is good enough for what asks no provider, and for nothing else", async (t) => {
  const configuration = {
    providers: {
      anthropic: { credentials: "passthrough", baseUrl: "http://127.0.0.1:9" },
      openai: { keys: [{ value: "${FIRST_KEY}" }], headers: { "x-team": "${TEAM}" } },
    },
    routing: { scenarios: { background: "openai/gpt-6-luna" } },
    budgets: { webhook: { url: "${HOOK}" } },
  };
  const env = { FIRST_KEY: "k", TEAM: "t", HOOK: "http://127.0.0.1:9" };
  const router = await startRouter(t, { configuration, env });
  const folder = createTemporaryFolder(t);
  const run = (...args: readonly string[]): Promise<CliRun> =>
    runCli(args, { folder, env: { CCR_HOME: router.stateFolder } });
  for (const command of ["keys create --user ana", "keys list", "alerts", "ledger backup copy", "ops build"]) {
    const { exitCode, stderr } = await run(...command.split(" "));
    assert.equal(exitCode, 0, `${command}: ${stderr}`);
  }
  // A token would hide the login that goes on to Anthropic.
  assert.doesNotMatch((await run("env")).stdout, /ANTHROPIC_AUTH_TOKEN/);
  for (const command of ["validate-config", "restart", "providers check", "explain -m x"]) {
    const { exitCode, stdout, stderr } = await run(...command.split(" "));
    assert.notEqual(exitCode, 0, command);
    assert.match(stdout + stderr, /providers\.openai\.keys\[0\]\.value: the environment variable FIRST_KEY is not set/);
  }
});

test("an address that is none is told by the name that it was given by", async (t) => {
  const folder = createTemporaryFolder(t);
  const byVariable = await runCli(["doctor"], { folder, env: { CCR_URL: "nowhere" } });
  assert.match(byVariable.stderr, /^ccr: CCR_URL: nowhere is no URL/);
  assert.match((await runCli(["doctor", "--url", "nowhere"], { folder })).stderr, /^ccr: --url: nowhere is no URL/);
});

test("no key goes to an address that a file at hand names and this machine has not", async (t) => {
  const folder = createTemporaryFolder(t);
  const env = { CCR_API_KEY: "callers-key", CCR_ADMIN_KEY: "operators-key" };
  writeFileSync(join(folder, "ccr.yaml"), "server: { host: 192.0.2.254 }\n");
  for (const command of [["env"], ["doctor"], ["investigate", "errors"]]) {
    const { exitCode, stdout, stderr } = await runCli(command, { folder, env });
    assert.equal(exitCode, command[0] === "env" ? 1 : 2, command[0]);
    assert.equal(stdout, "");
    assert.match(stderr, /192\.0\.2\.254 is no address of this machine, and gets no key/);
  }
  writeFileSync(join(folder, "ccr.yaml"), "server: { host: '::' }\n");
  assert.match((await runCli(["env"], { folder, env })).stdout, /='http:\/\/\[::1\]:3456'/);
});
