/** Signals to a router that is still starting, and how one ends. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { spawnCli } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../../test/kit/wait-until.ts";
import { readInstance } from "./find-instance.ts";

/** A router whose start waits until the file `go` is there. */
async function starting(t: TestContext): Promise<{ folder: string; router: ChildProcess; state: () => string }> {
  const folder = createTemporaryFolder(t);
  const module = `import { existsSync } from "node:fs";
    while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
    export default () => null;`;
  writeFileSync(join(folder, "route.mjs"), module);
  writeFileSync(
    join(folder, "ccr.yaml"),
    "server: { port: 0 }\nrouting: { module: ./route.mjs }\nproviders: { openai: { apiKey: k, models: [some-model] } }\n",
  );
  const router = spawnCli(["start", "--foreground"], { folder });
  t.after(() => void router.kill("SIGKILL"));
  const state = (): string => readInstance(join(folder, "state"))?.state ?? "none";
  await waitUntil("it starts", () => state() === "starting", 20_000);
  return { folder, router, state };
}

test("SIGINT and SIGTERM end a router that is still starting at once, and leave no claim behind", async (t) => {
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const { router, state } = await starting(t);
    router.kill(signal);
    assert.deepEqual(await once(router, "exit"), [exitCode, null]);
    assert.equal(state(), "none");
  }
});

test("SIGHUP does not end a router that is still starting: it reloads once it runs", async (t) => {
  const { folder, router, state } = await starting(t);
  let output = "";
  router.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  router.kill("SIGHUP");
  writeFileSync(join(folder, "go"), "");
  await waitUntil("it runs", () => state() === "running", 20_000);
  await waitUntil("it has reloaded", () => output.includes("the configuration was reloaded"));
  router.kill("SIGTERM");
  assert.deepEqual(await once(router, "exit"), [0, null]);
});

test("SIGHUP does not end a router that has not read its configuration yet: it reloads once it runs", async (t) => {
  const folder = createTemporaryFolder(t);
  const file = join(folder, "ccr.yaml");
  execFileSync("mkfifo", [file]);
  const router = spawnCli(["start", "--foreground"], { folder });
  t.after(() => void router.kill("SIGKILL"));
  let output = "";
  router.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const pipe = await open(file, "w"); // the router is about to read it
  router.kill("SIGHUP");
  const settings = "server: { port: 0 }\nproviders: { openai: { apiKey: k, models: [some-model] } }\n";
  writeFileSync(`${file}.next`, settings);
  renameSync(`${file}.next`, file);
  await pipe.writeFile(settings);
  await pipe.close();
  await waitUntil("it has reloaded", () => output.includes("the configuration was reloaded"), 20_000);
  router.kill("SIGTERM");
  assert.deepEqual(await once(router, "exit"), [0, null]);
});

test("a router whose state folder is gone by then still ends well", async (t) => {
  const { folder, router, state } = await starting(t);
  writeFileSync(join(folder, "go"), "");
  await waitUntil("it runs", () => state() === "running", 20_000);
  rmSync(join(folder, "state"), { recursive: true });
  router.kill("SIGTERM");
  assert.deepEqual(await once(router, "exit"), [0, null]);
});
