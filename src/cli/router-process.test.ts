/** The router in the background: start, status and stop, its state file, and what works while it runs. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { runCli, spawnCli } from "../../test/kit/run-cli.ts";
import type { CliRun } from "../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../test/kit/wait-until.ts";
import type { Instance } from "./instance/find-instance.ts";
import { processIdentity } from "../core/process-identity.ts";
import { place, startJson } from "./test-place.ts";

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
