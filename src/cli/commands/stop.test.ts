import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli, spawnCli } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { processIdentity } from "../../core/process-identity.ts";

/** Ends when its input does, whatever signal comes. */
const stubborn =
  'process.on("SIGTERM", () => {}); process.stdin.resume().on("end", () => process.exit()); console.log(1)';

/** Writes what a router in this state tells of itself. */
function describe(folder: string, pid: number, state: string): void {
  mkdirSync(join(folder, "state"));
  const place = { host: "127.0.0.1", port: 1, version: "0", configPath: null, startedAtMs: 0 };
  const instance = { pid, identity: processIdentity(pid), state, ...place };
  writeFileSync(join(folder, "state/router.json"), JSON.stringify(instance));
}

test("a stop that takes a while says what it waits for, and how to end it", async (t) => {
  const folder = createTemporaryFolder(t);
  const router = spawn(process.execPath, ["-e", stubborn], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => router.kill("SIGKILL"));
  await once(router.stdout, "data");
  describe(folder, router.pid ?? 0, "stopping");
  const stop = spawnCli(["stop"], { folder });
  const ended = once(stop, "exit");
  const [note] = (await once(stop.stderr!, "data")) as [Buffer];
  assert.equal(String(note), `ccr: running calls may finish; to end them now: kill ${router.pid}\n`);
  router.stdin.end();
  assert.deepEqual(await ended, [0, null]);
});

test("a stop of a router that was paused while it stopped says so, and goes on once it does", async (t) => {
  if (process.platform !== "linux") return t.skip("whether a process is paused is told on Linux alone");
  const folder = createTemporaryFolder(t);
  const router = spawn(process.execPath, ["-e", stubborn], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => router.kill("SIGKILL"));
  await once(router.stdout, "data");
  describe(folder, router.pid ?? 0, "stopping");
  router.kill("SIGSTOP");
  const stop = spawnCli(["stop"], { folder });
  const ended = once(stop, "exit");
  const nextNote = async (): Promise<string> => String(((await once(stop.stderr!, "data")) as [Buffer])[0]);
  assert.match(await nextNote(), /^ccr: process \d+ had begun to stop, and is paused; .*: kill -CONT \d+; .* kill -9 /);
  assert.match((await runCli(["status"], { folder })).stdout, /^state +paused; `kill -CONT \d+`/m);
  router.kill("SIGCONT");
  assert.match(await nextNote(), /^ccr: running calls may finish/);
  router.stdin.end();
  assert.deepEqual(await ended, [0, null]);
});

test("a stop of a router that is paused says that it has not heard it, and what helps", async (t) => {
  const folder = createTemporaryFolder(t);
  const router = spawn(process.execPath, ["-e", "process.stdin.resume(); console.log(1)"], {
    stdio: ["pipe", "pipe", 2],
  });
  t.after(() => router.kill("SIGKILL"));
  await once(router.stdout!, "data");
  router.kill("SIGSTOP");
  describe(folder, router.pid ?? 0, "running");
  const stop = spawnCli(["stop"], { folder });
  const ended = once(stop, "exit");
  const [note] = (await once(stop.stderr!, "data")) as [Buffer];
  const said = new RegExp(
    `^ccr: process ${router.pid} has not heard it yet, .*: kill -CONT ${router.pid}; .* kill -9 `,
  );
  assert.match(String(note), said);
  router.kill("SIGCONT");
  assert.deepEqual(await ended, [0, null]);
});
