/** Workers that die or cannot serve, and those that take their places. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonObject } from "../../src/core/json/json.ts";
import { processIdentity } from "../../src/core/process-identity.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { openStream } from "../kit/sse-client.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { adaKey, adminKey, clientOf, moneySettings, startProvider } from "../money/money-router.ts";

const workersOf = async ({ url }: RouterProcess): Promise<readonly number[]> => {
  const answer = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(5_000) });
  return ((await answer.json()) as { workers: number[] }).workers;
};

/** Resolves with the two that serve when none of `gone` does any more. */
const othersThan = (gone: readonly number[], router: RouterProcess): Promise<readonly number[]> =>
  waitUntil(
    "others serve",
    async () => {
      const now = await workersOf(router).catch((): readonly number[] => []);
      return now.length === 2 && !now.some((pid) => gone.includes(pid)) && now;
    },
    30_000,
  );

test("all workers killed at once, after a reload that names another port: connections wait for new ones at the port of the start", async (t) => {
  const settings = moneySettings(await startProvider(t));
  const configuration = { ...settings, server: { workers: 2, port: 0 } } as JsonObject;
  const router = await startRouter(t, { configuration, deadlineMs: 30_000 });
  router.writeConfiguration({ ...configuration, server: { workers: 2, port: 1 } });
  await waitUntil("it is taken", () => /settings changed that hold from the next start on/.test(router.output()));
  const killed = await workersOf(router);
  for (const pid of killed) process.kill(pid, "SIGKILL");
  await waitUntil("none is left", () => killed.every((pid) => processIdentity(pid) === null));
  const answers = await Promise.all(Array.from({ length: 8 }, () => clientOf(router.url).call()));
  for (const { status } of answers) assert.equal(status, 200);
  await othersThan(killed, router);
});

test("workers that load in several turns, as with an agent that NODE_OPTIONS names: the router starts and serves", async (t) => {
  const agent = join(createTemporaryFolder(t), "agent.mjs");
  writeFileSync(agent, "for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);");
  const configuration = { ...moneySettings(await startProvider(t)), server: { workers: 2, port: 0 } } as JsonObject;
  const env = { NODE_OPTIONS: `--import=${agent}` };
  const router = await startRouter(t, { configuration, env, deadlineMs: 30_000 });
  assert.equal((await clientOf(router.url).call()).status, 200);
  assert.doesNotMatch(router.output(), /ExperimentalWarning/);
});

/** An own routing module that the parent always loads, and a worker only while its file `broken` is not there. */
function writeRoute(folder: string): { readonly module: string; readonly broken: string } {
  const [module, broken] = [join(folder, "route.mjs"), join(folder, "broken")];
  const source = `
    import cluster from "node:cluster";
    import { existsSync } from "node:fs";
    if (cluster.isWorker && existsSync(${JSON.stringify(broken)})) throw new Error("not here");
    export default () => null;`;
  writeFileSync(module, source);
  return { module, broken };
}

test("a worker that cannot be started in another's place: it is tried again until one can", async (t) => {
  const { module, broken } = writeRoute(createTemporaryFolder(t));
  const settings = moneySettings(await startProvider(t), { routing: { module } });
  const configuration = { ...settings, server: { workers: 2, port: 0 } } as JsonObject;
  const router = await startRouter(t, { configuration, deadlineMs: 30_000 });
  writeFileSync(broken, "");
  const [first = 0] = await workersOf(router);
  process.kill(first, "SIGKILL");
  await waitUntil("it is tried", () => /a worker could not be started/.test(router.output()), 30_000);
  rmSync(broken);
  await othersThan([first], router);
});

test("workers that cannot take a reload: their streams end whole, others take their places, and a key that it revokes is refused", async (t) => {
  const { module, broken } = writeRoute(createTemporaryFolder(t));
  const provider = await startProvider(t);
  const settings = { ...moneySettings(provider, { routing: { module } }), server: { workers: 2, port: 0 } };
  const router = await startRouter(t, { configuration: settings, deadlineMs: 30_000 });
  const before = await workersOf(router);
  provider.behave({ tokensPerSecond: 50, answerTokens: 100 });
  const body = {
    model: "claude-sonnet-4-5",
    max_tokens: 100,
    stream: true,
    messages: [{ role: "user", content: "Hi" }],
  };
  const stream = await openStream(`${router.url}/v1/messages`, body, { "x-api-key": adaKey });
  await waitUntil("the stream has begun", () => stream.events.length > 2);
  writeFileSync(broken, "");
  const auth = {
    keys: [{ user: "bob", hash: hash("sha256", "another key", "hex") }],
    adminKeyHash: hash("sha256", adminKey, "hex"),
  };
  router.writeConfiguration({ ...settings, auth });
  await waitUntil("they are told", () => /a worker could not take the new configuration/.test(router.output()));
  rmSync(broken);
  assert.equal(await stream.ended, "whole");
  await othersThan(before, router);
  assert.equal((await clientOf(router.url).call()).status, 401);
  assert.equal((await clientOf(router.url).call({}, { "x-api-key": "another key" })).status, 200);
});

test("a reload that workers take long for: it does not undo a later one", async (t) => {
  const folder = createTemporaryFolder(t);
  const [module, release] = [join(folder, "slow.mjs"), join(folder, "release")];
  writeFileSync(
    module,
    `
    import cluster from "node:cluster";
    import { existsSync, writeFileSync } from "node:fs";
    while (cluster.isWorker && !existsSync(${JSON.stringify(release)})) await new Promise((next) => setTimeout(next, 5));
    if (cluster.isWorker) writeFileSync(${JSON.stringify(join(folder, "taken-by-"))} + process.pid, "");
    export default () => null;`,
  );
  const settings = { ...moneySettings(await startProvider(t)), server: { workers: 2, port: 0 } };
  const router = await startRouter(t, { configuration: settings, deadlineMs: 30_000 });
  const reloads = (count: number): Promise<boolean> =>
    waitUntil("it is reloaded", () => router.output().split("the configuration was reloaded").length > count, 20_000);
  router.writeConfiguration({ ...settings, routing: { module } });
  await reloads(1);
  const auth = {
    keys: [{ user: "bob", hash: hash("sha256", "another key", "hex") }],
    adminKeyHash: hash("sha256", adminKey, "hex"),
  };
  router.writeConfiguration({ ...settings, auth });
  await reloads(2);
  writeFileSync(release, "");
  await waitUntil("both have the first", () => readdirSync(folder).length === 4);
  await waitUntil("the later one holds", async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => clientOf(router.url).call()));
    return answers.every(({ status }) => status === 401);
  });
});
