import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { spawnCli } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { processIdentity } from "../../core/process-identity.ts";

/** Ends when its input does, whatever signal comes. */
const stubborn =
  'process.on("SIGTERM", () => {}); process.stdin.resume().on("end", () => process.exit()); console.log(1)';

test("a stop that takes a while says what it waits for, and how to end it", async (t) => {
  const folder = createTemporaryFolder(t);
  const router = spawn(process.execPath, ["-e", stubborn], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => router.kill("SIGKILL"));
  await once(router.stdout, "data");
  mkdirSync(join(folder, "state"));
  const instance = { pid: router.pid, identity: processIdentity(router.pid ?? 0), host: "127.0.0.1", port: 1 };
  writeFileSync(join(folder, "state/router.json"), JSON.stringify(instance));
  const stop = spawnCli(["stop"], { folder });
  const ended = once(stop, "exit");
  const [note] = (await once(stop.stderr!, "data")) as [Buffer];
  assert.equal(String(note), `ccr: running calls may finish; to end them now: kill ${router.pid}\n`);
  router.stdin.end();
  assert.deepEqual(await ended, [0, null]);
});
