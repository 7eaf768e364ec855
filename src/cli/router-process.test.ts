import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { runCli, spawnCli } from "../../test/kit/run-cli.ts";
import type { CliRun } from "../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../test/kit/wait-until.ts";
import type { Instance } from "./find-instance.ts";
import { processIdentity } from "../core/process-identity.ts";

interface Place {
  readonly folder: string;
  readonly stateFile: string;
  readonly run: (...args: readonly string[]) => Promise<CliRun>;
}

/** A folder with a configuration that needs nobody, whose router is stopped after the test. */
function place(t: TestContext, port = 0): Place {
  // Hooks run in the order of their making: the router must end before its folder goes.
  const run = (...args: readonly string[]): Promise<CliRun> => runCli(args, { folder });
  t.after(async () => {
    await run("stop");
  });
  const folder = createTemporaryFolder(t);
  writeFileSync(
    join(folder, "ccr.yaml"),
    `server: { port: ${port} }\nproviders: { openai: { apiKey: k, models: [some-model] } }\n`,
  );
  return { folder, stateFile: join(folder, "state/router.json"), run };
}

async function startJson(
  { run }: Place,
  ...args: readonly string[]
): Promise<Instance & { started: boolean; url: string }> {
  const { exitCode, stdout, stderr } = await run("start", "--json", ...args);
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout) as Instance & { started: boolean; url: string };
}

/** A port that somebody listens on until the test ends. */
async function takenPort(t: TestContext): Promise<number> {
  const server = createServer((_, response) => response.end("not a router")).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("start serves in the background, status finds it, stop ends it and leaves nothing behind", async (t) => {
  const here = place(t);
  const { url, pid, started } = await startJson(here);
  assert.equal(started, true);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  const status = await here.run("status");
  assert.equal(status.exitCode, 0);
  assert.match(status.stdout, new RegExp(`${url}[^]*ready[^]*${pid}[^]*ccr\\.yaml`));
  assert.match((await here.run("models")).stdout, /some-model/);
  assert.match((await here.run("stop")).stdout, /^stopped /);
  assert.equal(processIdentity(pid), null);
  assert.ok(!existsSync(here.stateFile));
  assert.equal((await here.run("status")).exitCode, 1);
  assert.equal((await here.run("stop")).exitCode, 0);
});

test("a second start says that one runs, and starts none", async (t) => {
  const here = place(t);
  const first = await startJson(here);
  const second = await here.run("start");
  assert.equal(second.exitCode, 0);
  assert.match(second.stdout, new RegExp(`already running on ${first.url} \\(pid ${first.pid}\\)`));
  assert.match((await here.run("start", "--foreground")).stdout, /already running/);
});

test("stop, status and start while a router finishes its calls: none cuts them, and another one runs afterwards", async (t) => {
  const here = place(t);
  const message = { role: "assistant", content: "Hi" };
  const answer = {
    id: "one",
    object: "chat.completion",
    model: "some-model",
    choices: [{ index: 0, message, finish_reason: "stop" }],
  };
  const answering = Promise.withResolvers<() => void>();
  const provider = createServer((_, response) => {
    answering.resolve(() => response.setHeader("content-type", "application/json").end(JSON.stringify(answer)));
  }).listen(0, "127.0.0.1");
  t.after(() => void provider.close());
  await once(provider, "listening");
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
  const providers = { openai: { baseUrl, apiKey: "k", models: ["some-model"] } };
  writeFileSync(join(here.folder, "ccr.yaml"), JSON.stringify({ server: { port: 0 }, providers }));
  const { pid, url } = await startJson(here);
  const body = JSON.stringify({ model: "some-model", messages: [{ role: "user", content: "Hi" }] });
  const call = fetch(`${url}/v1/chat/completions`, { method: "POST", body });
  const release = await answering.promise;
  process.kill(pid, "SIGTERM");
  await waitUntil("it stops", () => readFileSync(here.stateFile, "utf8").includes('"stopping"'));
  assert.match((await here.run("start", "--foreground")).stderr, new RegExp(`process ${pid}, finishes its calls`));
  assert.match((await here.run("status")).stdout, /stopping: running calls may finish/);
  // Both say so when they wait.
  const [stop, start] = [spawnCli(["stop"], here), spawnCli(["start", "--json"], here)];
  const [stopped, started] = [text(stop.stdout!), text(start.stdout!)];
  await Promise.all([once(stop.stderr!, "data"), once(start.stderr!, "data")]);
  release();
  assert.equal((await call).status, 200);
  assert.match(await stopped, /^stopped /);
  const next = JSON.parse(await started) as Instance & { started: boolean };
  assert.ok(next.started && next.pid !== pid);
});

test("a start that names another configuration or address than the running router's fails, and leaves that alone", async (t) => {
  const here = place(t);
  const { url, pid } = await startJson(here);
  writeFileSync(join(here.folder, "other.yaml"), readFileSync(join(here.folder, "ccr.yaml")));
  for (const options of [
    ["-c", "other.yaml"],
    ["-p", "1"],
    ["--foreground", "-c", "other.yaml"],
  ]) {
    const { exitCode, stderr } = await here.run("start", ...options);
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`another router runs already: ${url} \\(pid ${pid}, .*ccr\\.yaml\\)`));
  }
  assert.equal((await here.run("start", "-c", "ccr.yaml", "-p", new URL(url).port)).exitCode, 0);
});

test("of two starts at once one wins, and both tell of the same router", async (t) => {
  const here = place(t);
  const runs = await Promise.all([startJson(here), startJson(here), startJson(here)]);
  assert.equal(runs.filter(({ started }) => started).length, 1);
  assert.equal(new Set(runs.map(({ pid }) => pid)).size, 1);
});

test("a pid of a dead process, or that another program has by now, counts as none, and is left alone", async (t) => {
  const here = place(t);
  mkdirSync(join(here.folder, "state"));
  const stale = { pid: process.pid, identity: "of an earlier process", state: "running", host: "127.0.0.1", port: 1 };
  writeFileSync(here.stateFile, JSON.stringify(stale));
  assert.equal((await here.run("status")).exitCode, 1);
  assert.match((await here.run("stop")).stdout, /not running/);
  assert.equal((await startJson(here)).started, true);
  await here.run("stop");
  writeFileSync(here.stateFile, JSON.stringify({ ...stale, pid: 2 ** 22 + 1 }));
  assert.equal((await startJson(here)).started, true);
});

test("a restart keeps what the command line said of host and port, unless it says something else", async (t) => {
  const here = place(t);
  assert.equal((await startJson(here, "--host", "localhost")).host, "localhost");
  assert.equal((JSON.parse((await here.run("restart", "--json")).stdout) as Instance).host, "localhost");
  const moved = await here.run("restart", "--host", "127.0.0.1", "--json");
  assert.equal((JSON.parse(moved.stdout) as Instance).host, "127.0.0.1");
});

test("a damaged state file is no obstacle", async (t) => {
  const here = place(t);
  mkdirSync(join(here.folder, "state"));
  writeFileSync(here.stateFile, '{"pid": ');
  assert.equal((await startJson(here)).started, true);
});

test("a killed router leaves a state file that the next start takes over", async (t) => {
  const here = place(t);
  const { pid } = await startJson(here);
  process.kill(pid, "SIGKILL");
  await waitUntil("the process is gone", () => processIdentity(pid) === null);
  assert.ok(existsSync(here.stateFile));
  assert.notEqual((await startJson(here)).pid, pid);
});

test("a port that another program has is said, with what to do", async (t) => {
  const port = await takenPort(t);
  const here = place(t, port);
  const { exitCode, stderr } = await here.run("start");
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`^ccr: port ${port} is taken by another program\\n\\s+.*--port`));
  assert.ok(!existsSync(here.stateFile));
  assert.equal((await startJson(here, "--port", "0")).started, true);
});

test("a port that another router has is said with its pid", async (t) => {
  const first = await startJson(place(t));
  const { stderr } = await place(t, first.port).run("start");
  assert.match(
    stderr,
    new RegExp(`taken by another Claude Code Router \\(pid ${first.pid}, version ${first.version}\\)`),
  );
});

test("restart with a bad file says what is wrong, and leaves the old router running", async (t) => {
  const here = place(t);
  const { url, pid } = await startJson(here);
  writeFileSync(join(here.folder, "ccr.yaml"), "server: { prot: 1 }\n");
  const { exitCode, stderr } = await here.run("restart");
  assert.equal(exitCode, 1);
  assert.match(stderr, /server\.prot: is no known setting; did you mean `port`\?/);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  assert.ok(processIdentity(pid) !== null);
});

test("what a start would trip over leaves the old router running", async (t) => {
  const here = place(t);
  const { url } = await startJson(here);
  const taken = await takenPort(t);
  const providers = "providers: { openai: { apiKey: k, models: [some-model] } }";
  for (const [settings, words] of [
    ["server: { port: 0, host: 0.0.0.0 }", /no key is configured/],
    [`server: { port: ${taken} }`, /is taken by another program/],
    [
      `server: { port: 0, host: 203.0.113.1 }\nauth: { keys: [{ hash: ${"a".repeat(64)}, user: ana }] }`,
      /this machine has no address/,
    ],
    ["server: { port: 0 }\nledger: { sqlitePath: . }", /ledger\.sqlitePath: .* is a folder/],
    [
      "server: { port: 0 }\nredis: { url: 'rediss://r', caFile: gone.pem }",
      /redis\.caFile: the file .* does not exist/,
    ],
  ] as const) {
    writeFileSync(join(here.folder, "ccr.yaml"), `${settings}\n${providers}\n`);
    const { exitCode, stderr } = await here.run("restart");
    assert.equal(exitCode, 1);
    assert.match(stderr, words);
    assert.equal((await fetch(`${url}/livez`)).status, 200);
  }
});

test("restart ends the old process and serves with the new file", async (t) => {
  const here = place(t);
  const { pid } = await startJson(here);
  writeFileSync(
    join(here.folder, "ccr.yaml"),
    "server: { port: 0 }\nproviders: { openai: { apiKey: k, models: [other-model] } }\n",
  );
  assert.equal((await here.run("restart")).exitCode, 0);
  assert.equal(processIdentity(pid), null);
  assert.match((await here.run("models")).stdout, /other-model/);
});

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

test("code runs claude through the router with its arguments and exit code, and leaves the router running", async (t) => {
  const here = place(t);
  const bin = join(here.folder, "bin");
  mkdirSync(bin);
  const script = join(bin, "claude");
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$ANTHROPIC_BASE_URL" "$ANTHROPIC_AUTH_TOKEN" "$@"\nexit 7\n`);
  chmodSync(script, 0o755);
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  const run = await runCli(["code", "-p", "two words", "--help", "--model=x", "--", "rest"], {
    folder: here.folder,
    env,
  });
  assert.equal(run.exitCode, 7, run.stderr);
  const [url, token, ...args] = run.stdout.trimEnd().split("\n");
  assert.deepEqual(args, ["-p", "two words", "--help", "--model=x", "--", "rest"]);
  assert.equal(token, "ccr-on-this-machine");
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  assert.match(run.stderr, /started the router/);
  const again = await runCli(["code"], { folder: here.folder, env: { ...env, CCR_API_KEY: "mine" } });
  assert.equal(again.stdout, `${url}\nmine\n`);
  assert.equal(again.stderr, "");
});

test("code says that a key is missing or wrong where the router has keys, and runs claude all the same", async (t) => {
  const here = place(t);
  const key = (await here.run("keys", "create", "--user", "ana")).stdout.trim();
  await startJson(here);
  const bin = createTemporaryFolder(t);
  writeFileSync(join(bin, "claude"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
  const code = (variables: Readonly<Record<string, string>>): Promise<CliRun> =>
    runCli(["code"], { folder: here.folder, env: { ...variables, PATH: `${bin}:/usr/bin:/bin` } });
  for (const [variables, words] of [
    [{}, /^ccr: the router wants a key; set CCR_API_KEY to yours .*\n$/],
    [{ CCR_API_KEY: "ccr_wrong" }, /^ccr: the router does not take the key in CCR_API_KEY: .*\n$/],
    [{ ANTHROPIC_API_KEY: "a-provider's" }, /^ccr: the router wants a key/],
    [{ CCR_API_KEY: key }, /^$/],
    [{ ANTHROPIC_AUTH_TOKEN: key }, /^$/],
  ] as const) {
    const { exitCode, stdout, stderr } = await code(variables);
    assert.deepEqual([exitCode, stdout], [0, "ran\n"]);
    assert.match(stderr, words);
  }
});

test("commands about the running router take its .env, wherever they are called", async (t) => {
  const here = place(t);
  writeFileSync(join(here.folder, ".env"), "ROUTERS_OWN=k\n");
  const providers =
    "{ own: { kind: anthropic, credentials: passthrough }, openai: { models: [m], apiKey: '${ROUTERS_OWN}' } }";
  writeFileSync(join(here.folder, "ccr.yaml"), `server: { port: 0 }\nproviders: ${providers}\n`);
  await startJson(here);
  const elsewhere = createTemporaryFolder(t);
  writeFileSync(join(elsewhere, "claude"), '#!/bin/sh\necho "token $ANTHROPIC_AUTH_TOKEN"\n', { mode: 0o755 });
  const env = { CCR_HOME: join(here.folder, "state"), PATH: `${elsewhere}:/usr/bin:/bin` };
  const run = (...args: readonly string[]): Promise<CliRun> => runCli(args, { folder: elsewhere, env });
  for (const args of [["env"], ["alerts"], ["ledger", "backup", "copy.sqlite"], ["keys", "list"]]) {
    const { exitCode, stderr } = await run(...args);
    assert.deepEqual([exitCode, stderr], [0, ""], args.join(" "));
  }
  assert.equal((await run("code")).stdout, "token \n", "the login of its own is not hidden");
});

test("a terminal's hang-up or kill of `ccr code` reaches claude", async (t) => {
  const here = place(t);
  const bin = join(here.folder, "bin");
  mkdirSync(bin);
  const script = join(bin, "claude");
  writeFileSync(
    script,
    `#!/bin/sh\ntrap 'echo told; exit 5' TERM\necho ready\nfor i in $(seq 400); do sleep 0.05; done\n`,
  );
  chmodSync(script, 0o755);
  const child = spawnCli(["code"], { folder: here.folder, env: { PATH: `${bin}:/usr/bin:/bin` } });
  let seen = "";
  child.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  await waitUntil("claude is ready", () => seen.includes("ready"));
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.deepEqual([code, seen], [5, "ready\ntold\n"]);
});

test("the demo answers with simulated providers, goes on when one is broken as it tells, and Ctrl-C ends it all", async (t) => {
  const folder = createTemporaryFolder(t);
  const child = spawnCli(["demo", "--port", "0"], {
    folder,
    env: { HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1" },
  });
  t.after(() => void child.kill("SIGKILL"));
  let seen = "";
  child.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  await waitUntil("the demo runs", () => seen.includes("Ctrl-C"));
  const url = /^router +(\S+)$/m.exec(seen)?.[1] ?? "";
  const body = { model: "claude-sonnet-5", max_tokens: 20, messages: [{ role: "user", content: "Hello" }] };
  const servedBy = async (): Promise<string | null> => {
    const answer = await fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "ccr-demo-you", "anthropic-version": "2023-06-01", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, await answer.text());
    return answer.headers.get("x-ccr-provider");
  };
  assert.equal(await servedBy(), "anthropic");
  // What it tells a visitor to try.
  const [, behaviour = "", fault = ""] = /curl -s (\S+) -d '(\S+)'/.exec(seen) ?? [];
  await fetch(behaviour, { method: "POST", body: fault });
  assert.equal(await servedBy(), "openai");
  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  assert.match(seen, /\d+ calls: \d+ answered whole/);
  assert.ok(!existsSync(join(folder, "state")));
});

test("the demo ends with its terminal, and leaves nothing behind", async (t) => {
  const folder = createTemporaryFolder(t);
  const child = spawnCli(["demo", "--port", "0", "--no-traffic"], { folder, env: { TMPDIR: folder } });
  t.after(() => void child.kill("SIGKILL"));
  let seen = "";
  child.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  await waitUntil("the demo runs", () => seen.includes("Ctrl-C"));
  const states = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith("ccr-demo-"));
  assert.equal(states().length, 1);
  child.stdout?.destroy();
  child.kill("SIGHUP");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  assert.deepEqual(states(), []);
});

test("the demo leaves nothing behind where nobody reads what it tells", async (t) => {
  const folder = createTemporaryFolder(t);
  const child = spawnCli(["demo", "--port", "0", "--no-traffic"], { folder, env: { TMPDIR: folder } });
  t.after(() => void child.kill("SIGKILL"));
  child.stdout?.destroy();
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("ccr-demo-")),
    [],
  );
});

test("the demo says when its port is taken, and what to do", async (t) => {
  const port = await takenPort(t);
  const { exitCode, stderr } = await runCli(["demo", "--port", String(port)], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`^ccr: port ${port} is taken by another program\\n\\s+.*--port`));
});

test("keys that are made and revoked work and stop working without a restart", async (t) => {
  const here = place(t);
  const { url } = await startJson(here);
  const key = (await here.run("keys", "create", "--user", "ana")).stdout.trim();
  const statusOf = async (name: string): Promise<number> =>
    (await fetch(`${url}/v1/models`, { headers: { "x-api-key": name } })).status;
  await waitUntil("a wrong key is refused", async () => (await statusOf("wrong")) === 401);
  assert.equal(await statusOf(key), 200);
  const [stored] = JSON.parse((await here.run("keys", "list", "--json")).stdout) as [{ id: string }];
  const revoked = await here.run("keys", "revoke", stored.id);
  assert.match(revoked.stderr, /nobody is served/, "it was the last one");
  await waitUntil("the revoked key is refused", async () => (await statusOf(key)) === 401);
  assert.equal(await statusOf("wrong"), 401, "without a key in force the router stays shut");
});

test("what the background process cannot start with is told in front", async (t) => {
  const here = place(t);
  writeFileSync(join(here.folder, "ccr.yaml"), "server: { port: 0 }\nproviders: { openai: {} }\n");
  const { exitCode, stderr } = await here.run("start");
  assert.equal(exitCode, 1);
  assert.match(stderr, /providers\.openai: no key; set `apiKey`, or OPENAI_API_KEY/);
  assert.ok(!readFileSync(join(here.folder, "state/logs/router.log"), "utf8").includes("    at "));
});
