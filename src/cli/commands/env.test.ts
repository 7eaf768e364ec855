/** What `ccr env` prints for shells, logins and proxies. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";

test("a real shell takes what env prints", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), "server: { port: 4111 }\n");
  const { stdout } = await runCli(["env", "--shell", "sh"], { folder, env: { CCR_API_KEY: `it's "$HOME"` } });
  const seen = execFileSync("sh", ["-c", `${stdout}\nprintf '%s|%s' "$ANTHROPIC_BASE_URL" "$ANTHROPIC_AUTH_TOKEN"`], {
    encoding: "utf8",
  });
  assert.equal(seen, `http://127.0.0.1:4111|it's "$HOME"`);
});

test("env says that a key is missing where the router has keys", async (t) => {
  const folder = createTemporaryFolder(t);
  const wanted = /wants a key; set CCR_API_KEY/;
  assert.doesNotMatch((await runCli(["env"], { folder })).stderr, wanted);
  const key = (await runCli(["keys", "create", "--user", "ana"], { folder })).stdout.trim();
  assert.match((await runCli(["env"], { folder })).stderr, wanted);
  for (const name of ["CCR_API_KEY", "ANTHROPIC_AUTH_TOKEN"]) {
    assert.doesNotMatch((await runCli(["env"], { folder, env: { [name]: key } })).stderr, wanted);
  }
  assert.match((await runCli(["env"], { folder, env: { ANTHROPIC_API_KEY: "a-provider's" } })).stderr, wanted);
});

test("env speaks fish and PowerShell, and follows the shell of the environment", async (t) => {
  const folder = createTemporaryFolder(t);
  assert.match((await runCli(["env", "--shell", "fish"], { folder })).stdout, /^set -gx ANTHROPIC_BASE_URL '/);
  assert.match((await runCli(["env", "--shell", "powershell"], { folder })).stdout, /^\$env:ANTHROPIC_BASE_URL = '/);
  assert.match((await runCli(["env"], { folder, env: { SHELL: "/usr/bin/fish" } })).stdout, /^set -gx /);
  for (const shell of ["bash", "zsh"]) {
    assert.match((await runCli(["env", "--shell", shell], { folder })).stdout, /^export ANTHROPIC_BASE_URL=/);
  }
  assert.equal((await runCli(["env", "--shell", "csh"], { folder })).exitCode, 2);
});

test("env hides no login of the client's own where a provider passes it through", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), "providers: { anthropic: { credentials: passthrough } }\n");
  const variables = JSON.parse((await runCli(["env", "--json"], { folder })).stdout) as Record<string, string>;
  assert.deepEqual(Object.keys(variables), ["ANTHROPIC_BASE_URL", "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY"]);
});

test("env lets Claude Code list the router's models, unless that is set already", async (t) => {
  const folder = createTemporaryFolder(t);
  const name = "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY";
  assert.match((await runCli(["env", "--shell", "sh"], { folder })).stdout, new RegExp(`^export ${name}='1'$`, "m"));
  assert.doesNotMatch((await runCli(["env"], { folder, env: { [name]: "0" } })).stdout, new RegExp(name));
});

test("env keeps a proxy away from the router on this machine", async (t) => {
  const folder = createTemporaryFolder(t);
  const env = { HTTPS_PROXY: "http://proxy:1", NO_PROXY: "intern.example" };
  const variables = JSON.parse((await runCli(["env", "--json"], { folder, env })).stdout) as Record<string, string>;
  assert.equal(variables.NO_PROXY, "intern.example,127.0.0.1,localhost");
});
