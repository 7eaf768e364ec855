/** What a command says that cannot do its work, and what to do about it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";

test("where a file may not be written, the command says what to do about it", async (t) => {
  const { exitCode, stderr } = await runCli(["ops", "build", "-o", "/sys/ccr"], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 1);
  assert.match(stderr, /^ccr: \/sys\/ccr: .+\n {5}(run it as a user|name another place).+`--output`/);
});

test("where a file stands in place of the folder for generated files, the command asks for a folder", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ops.yaml"), "");
  const { exitCode, stderr } = await runCli(["ops", "build", "-o", "ops.yaml"], { folder });
  assert.equal(exitCode, 1);
  assert.match(stderr, /^ccr: ops\.yaml is a file, and a folder is wanted\n {5}name a folder by `--output`/);
  const within = await runCli(["ops", "build", "-o", "ops.yaml/ops"], { folder });
  assert.match(within.stderr, /ops\.yaml: something of this name is there already.*\n {5}name another place/);
});

test("a command line that makes no sense tells in JSON, too, where it is told how it goes", async (t) => {
  const { exitCode, stdout } = await runCli(["start", "--json", "--nope"], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 2);
  const { error } = JSON.parse(stdout) as { error: unknown };
  assert.deepEqual(error, {
    message: "unknown option '--nope'",
    remedy: "`--help` after the command shows how it goes",
  });
});

test("a look at the alerts where no router ever ran makes no file", async (t) => {
  const folder = createTemporaryFolder(t);
  assert.equal((await runCli(["alerts"], { folder })).stdout, "no alert fires\n");
  assert.match((await runCli(["alerts", "ack", "HighLatency"], { folder })).stderr, /there is no alert HighLatency/);
  assert.deepEqual(readdirSync(folder), []);
});

const ollama = await fetch("http://127.0.0.1:11434/v1/models").catch(() => null);

test("a state folder that cannot be made is said, with what to do", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "file"), "");
  const env = { GROQ_API_KEY: "gsk", CCR_HOME: join(folder, "file/state") };
  for (const more of [[], ["--foreground"]]) {
    const { exitCode, stderr } = await runCli(["start", ...more], { folder, env });
    assert.equal(exitCode, 1);
    assert.match(stderr, /^ccr: the state folder cannot be made: .*\n     set CCR_HOME to /);
  }
});

test("a file that cannot be read or written is named, with the reason in words", async (t) => {
  const folder = createTemporaryFolder(t);
  const env = { GROQ_API_KEY: "gsk" };
  const { exitCode, stderr } = await runCli(["init", "--yes", "--output", "none/ccr.yaml"], { folder, env });
  assert.equal(exitCode, 1);
  assert.match(stderr, /^ccr: \/.*none\/ccr\.yaml: there is no such file or folder \(ENOENT\)\n {5}.*`mkdir -p`.*\n$/);
  const explained = await runCli(["explain", "--file", "."], { folder });
  assert.match(explained.stderr, /cannot be read: it is a folder, not a file \(EISDIR\)\n {5}name a file in it\n$/);
  const missing = await runCli(["explain", "--file", "nope"], { folder });
  assert.match(missing.stderr, /nope cannot be read: .* \(ENOENT\)\n {5}look at the path/);
});

test("where nobody can read whether a router runs, no command says that none does", async (t) => {
  const folder = createTemporaryFolder(t);
  mkdirSync(join(folder, "state/router.json"), { recursive: true }); // as unreadable, to root too, as another user's
  for (const command of ["status", "stop", "costs"]) {
    const { exitCode, stdout, stderr } = await runCli([command], { folder });
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.match(
      stderr,
      /^ccr: whether a router runs cannot be told: .*router\.json: .*\n {5}ask as the user/,
      command,
    );
  }
});

test("a keys file that cannot be read is a mistake told in words", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "file"), "");
  writeFileSync(
    join(folder, "ccr.yaml"),
    "providers: { openai: { apiKey: k } }\nauth: { keysFile: ./file/keys.json }\n",
  );
  const { exitCode, stdout } = await runCli(["validate-config"], { folder });
  assert.equal(exitCode, 1);
  assert.match(stdout, /^error .*file\/keys\.json: a part of the path is a file, not a folder \(ENOTDIR\)$/m);
});

test("an import of what is no configuration asks for one", async (t) => {
  const folder = createTemporaryFolder(t);
  for (const [text, lack] of [
    ["Providers, but in prose", "holds no JSON object"],
    ["{}", "names no Providers"],
  ] as const) {
    writeFileSync(join(folder, "config.json"), text);
    const { exitCode, stderr } = await runCli(["import", "config.json"], { folder });
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`^ccr: .*/config.json ${lack}\\n {5}name the config.json of claude-code-router 1`));
  }
});

test("a copy of a ledger that was never made says which one to name", async (t) => {
  const { exitCode, stderr } = await runCli(["ledger", "backup", "copy.db"], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 1);
  assert.match(stderr, /^ccr: there is no ledger at .*\n {5}.*`--config`, or its state folder by CCR_HOME\n$/);
});

test("start with no file, no key and no Ollama says what to set, names the demo and fails", async (t) => {
  if (ollama !== null) return t.skip("an Ollama runs on this machine");
  const folder = createTemporaryFolder(t);
  for (const more of [[], ["--foreground"]]) {
    const { exitCode, stdout, stderr } = await runCli(["start", ...more], { folder });
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.match(stderr, /^ccr: no provider to send calls to/);
    for (const hint of ["ANTHROPIC_API_KEY", "DEEPSEEK_API_KEY", ".env", "ccr init", "ccr demo"]) {
      assert.ok(stderr.includes(hint), hint);
    }
    assert.equal(stderr.trimEnd().split("\n").length, 2);
  }
});

test("init --yes without any provider's key writes nothing that no router could start with, and says what to set", async (t) => {
  if (ollama !== null) return t.skip("an Ollama runs on this machine");
  const folder = createTemporaryFolder(t);
  const { exitCode, stderr } = await runCli(["init", "--yes"], { folder });
  assert.equal(exitCode, 1);
  assert.match(stderr, /^ccr: nothing was written: no provider's key [^]*\n {5}set ANTHROPIC_API_KEY/);
  assert.ok(!existsSync(join(folder, "ccr.yaml")));
});

test("a stack trace is shown with CCR_DEBUG only", async (t) => {
  const folder = createTemporaryFolder(t);
  assert.doesNotMatch((await runCli(["logs"], { folder })).stderr, /\n\s+at /);
  assert.match((await runCli(["logs"], { folder, env: { CCR_DEBUG: "1" } })).stderr, /\n\s+at /);
});

test("code without Claude Code says how to install it, and starts nothing", async (t) => {
  const folder = createTemporaryFolder(t);
  const { exitCode, stderr } = await runCli(["code", "hello"], {
    folder,
    env: { PATH: folder, ANTHROPIC_API_KEY: "x" },
  });
  assert.equal(exitCode, 1);
  assert.match(stderr, /npm install -g @anthropic-ai\/claude-code/);
  assert.ok(!existsSync(join(folder, "state")));
});

test("where another program answers in the router's place, playbooks say so and end with 2", async (t) => {
  const server = createServer((_request, response) => response.end("<html>hello")).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = createTemporaryFolder(t);
  for (const command of ["doctor", "investigate memory"]) {
    const { exitCode, stdout, stderr } = await runCli([...command.split(" "), "--url", url], { folder });
    assert.equal(exitCode, 2, command);
    assert.match(stdout + stderr, /no router answers at .*(another program is there|something else answers there)/);
  }
});

test("a router whose ledger is away is told from one that refuses the key", async (t) => {
  let status = 503;
  const server = createServer(({ url }, response) => {
    if (url === "/livez") return response.end(JSON.stringify({ program: "claude-code-router" }));
    if (url === "/metrics") return response.end("ccr_build_info 1\n");
    response.writeHead(status).end(JSON.stringify({ error: { message: "the ledger is away" } }));
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const folder = createTemporaryFolder(t);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const investigate = async (subject: string): Promise<string> => {
    const env = { CCR_ADMIN_KEY: "k" };
    const run = await runCli(["investigate", subject, "--watch", "200ms", "--url", url], { folder, env });
    assert.equal(run.exitCode, 2);
    return run.stderr;
  };
  for (const subject of ["errors", "costs", "provider"]) {
    assert.match(
      await investigate(subject),
      /^ccr: .* cannot be read: \/\S+ answers 503: the ledger is away\n {5}`ccr d/,
    );
  }
  status = 401;
  assert.match(
    await investigate("costs"),
    /^ccr: .* cannot be read: the router refuses this key\n {5}set CCR_ADMIN_KEY/,
  );
});

test("where no router runs and its port is any free one, playbooks say so, and name no address", async (t) => {
  const folder = createTemporaryFolder(t);
  const provider = "openai: { apiKey: k, baseUrl: 'http://127.0.0.1:9', models: [some-model] }";
  writeFileSync(join(folder, "ccr.yaml"), `server: { port: 0 }\nproviders: { ${provider} }\n`);
  for (const command of ["doctor", "investigate memory"]) {
    const { exitCode, stdout, stderr } = await runCli(command.split(" "), { folder });
    assert.deepEqual([exitCode, stdout], [2, ""], command);
    assert.match(stderr, /^ccr: the router does not run, and `server.port: 0` says .*\n {5}start it with `ccr start`/);
  }
  assert.match((await runCli(["providers", "check"], { folder })).stdout, /openai/);
});

test("a router that goes while it is watched is told, with where to look", async (t) => {
  const server = createServer(({ url }, response) => {
    if (url === "/livez") return response.end(JSON.stringify({ program: "claude-code-router" }));
    // The first look is answered, the next is not.
    response.setHeader("connection", "close").end("ccr_build_info 1\n", () => server.close());
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = createTemporaryFolder(t);
  const { exitCode, stdout, stderr } = await runCli(["investigate", "memory", "--url", url], { folder });
  assert.deepEqual([exitCode, stdout], [2, ""]);
  assert.match(stderr, /^ccr: .*\/metrics does not answer any more\n {5}`ccr status` and `ccr logs` say/);
});

test("where nothing can be judged playbooks end with 2, for 1 would be a warning", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), "providers: [");
  for (const command of ["providers check", "preflight", "doctor --url nowhere", "investigate errors --watch soon"]) {
    assert.equal((await runCli(command.split(" "), { folder })).exitCode, 2, command);
  }
});
