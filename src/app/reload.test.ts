import assert from "node:assert/strict";
import { chmodSync, renameSync, rmSync, unwatchFile, watchFile, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../test/kit/wait-until.ts";
import { addKey, revokeKey } from "../config/keys-file.ts";
import { loadConfig } from "../config/load.ts";
import type { LoadedConfig } from "../config/load.ts";
import { parseConfig } from "../config/parse.ts";
import type { Config } from "../config/schema.ts";
import { noLimits } from "../core/caller.ts";
import { silentLogger } from "../core/log/logging.ts";
import type { Logger } from "../core/log/logging.ts";
import { startRouter } from "./start.ts";
import type { RunningRouter } from "./start.ts";

/** A router that reads its configuration from the file at `path`. */
async function startFrom(t: TestContext, path: string, logger: Logger = silentLogger): Promise<RunningRouter> {
  const folder = dirname(path);
  const load = (): LoadedConfig => loadConfig({ environment: { CCR_HOME: folder }, folder });
  const router = await startRouter({
    config: load().config,
    configPath: path,
    environment: {},
    logger,
    reloadConfig: () => Promise.resolve().then(load),
  });
  t.after(() => router.close());
  return router;
}

test("a file that is moved away, or empty for a moment, takes nothing from the router that runs", async (t) => {
  const folder = createTemporaryFolder(t);
  const [path, keysFile] = [join(folder, "ccr.yaml"), join(folder, "keys.json")];
  const text = `server: { port: 0 }\nauth: { keysFile: ${keysFile} }\n`;
  writeFileSync(path, text);
  const about = { user: "ada", team: null, tier: "gold", allowedModels: null, limits: noLimits, expiresAtMs: null };
  await addKey(keysFile, { ...about, isAdmin: false }, Date.now());
  const router = await startFrom(t, path);
  const refusal = async (): Promise<string> => {
    const result = await router.reload();
    const { status } = await fetch(`http://127.0.0.1:${router.port}/v1/models`);
    assert.equal(status, 401);
    return result.reloaded ? "" : result.error;
  };
  writeFileSync(path, " \n");
  assert.match(await refusal(), /ccr\.yaml is empty; to run without settings, restart/);
  rmSync(path);
  assert.match(await refusal(), /ccr\.yaml is gone; to run without it, restart/);
  writeFileSync(path, text);
  assert.equal(await refusal(), "");
  rmSync(keysFile);
  assert.match(await refusal(), /keys\.json is gone; to run without its keys, restart/);
});

test("a file without a provider, as half of one may be, takes none from the router that runs", async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "ccr.yaml");
  const text = "server: { port: 0 }\nproviders: { own: { kind: anthropic, apiKey: k } }\n";
  writeFileSync(path, text);
  const router = await startFrom(t, path);
  writeFileSync(path, text.slice(0, text.indexOf("providers")));
  const refused = await router.reload();
  assert.match(refused.reloaded ? "" : refused.error, /no provider would be left/);
  writeFileSync(path, text);
  assert.equal((await router.reload()).reloaded, true);
});

test("a file without the keys that were needed so far, as half of one may be, opens neither the router nor its API", async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "ccr.yaml");
  const [server, keys] = ["server: { port: 0 }\n", `keys: [{ user: ada, hash: ${"a".repeat(64)} }]`];
  const admin = `adminKeyHash: ${"b".repeat(64)}`;
  writeFileSync(path, `${server}auth: { ${keys}, ${admin} }\n`);
  const router = await startFrom(t, path);
  for (const [auth, error] of [
    [`auth: { ${admin} }\n`, /^no key would be left, .* restart$/],
    [`auth: { ${keys} }\n`, /^no admin key would be left, .* restart$/],
  ] as const) {
    writeFileSync(path, server + auth);
    const refused = await router.reload();
    assert.match(refused.reloaded ? "" : refused.error, error);
    assert.equal((await fetch(`http://127.0.0.1:${router.port}/v1/models`)).status, 401);
    assert.equal((await fetch(`http://127.0.0.1:${router.port}/api/overview`)).status, 401);
  }
});

test("keys stay needed where others reach the router, though the file names another host for the next start", async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "ccr.yaml");
  writeFileSync(path, `server: { host: 0.0.0.0, port: 0 }\nauth: { keys: [{ user: ada, hash: ${"a".repeat(64)} }] }\n`);
  const router = await startFrom(t, path);
  writeFileSync(path, "server: { host: 127.0.0.1, port: 0 }\n");
  const refused = await router.reload();
  assert.match(refused.reloaded ? "" : refused.error, /server\.host is 0\.0\.0\.0.* no key is configured/);
  assert.equal((await fetch(`http://127.0.0.1:${router.port}/v1/models`)).status, 401);
});

test("a key that is revoked in the file that a reload named stops working", async (t) => {
  const folder = createTemporaryFolder(t);
  const configWith = (keysFile: string): Config => {
    const surroundings = { environment: {}, stateFolder: folder, folder, readFile: () => undefined };
    const parsed = parseConfig(JSON.stringify({ server: { port: 0 }, auth: { keysFile } }), surroundings);
    if (parsed.kind === "bad") throw new Error(JSON.stringify(parsed.problems));
    return parsed.config;
  };
  const [first, second] = [join(folder, "first.json"), join(folder, "second.json")];
  const about = { user: "ada", team: null, tier: "gold", allowedModels: null, limits: noLimits, expiresAtMs: null };
  const { key, stored } = await addKey(second, { ...about, isAdmin: false }, Date.now());
  const next = configWith(second);
  const router = await startRouter({
    config: configWith(first),
    configPath: null,
    environment: {},
    logger: silentLogger,
    reloadConfig: () =>
      Promise.resolve({ config: next, path: null, isBlank: false, warnings: [], environment: {}, stateFolder: folder }),
  });
  t.after(() => router.close());
  const statusOf = async (): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${router.port}/v1/models`, { headers: { "x-api-key": key } });
    await answer.body?.cancel();
    return answer.status;
  };
  assert.equal((await router.reload()).reloaded, true);
  assert.equal(await statusOf(), 200);
  await revokeKey(second, stored.id, Date.now());
  await waitUntil("the key is refused", async () => (await statusOf()) === 401);
});

/** A router that counts its reloads, and `seen`: changes its file, and resolves when whoever watches that has seen it. */
async function startCounting(t: TestContext) {
  const path = join(createTemporaryFolder(t), "ccr.yaml");
  writeFileSync(path, "server: { port: 0 }\n");
  let reloads = 0;
  const info = (_fields: object, message: string): void => {
    if (message === "the configuration was reloaded") reloads++;
  };
  const router = await startFrom(t, path, { ...silentLogger, info });
  const seen = async (change: () => void): Promise<void> => {
    let isSeen = false;
    const listener = (): void => void (isSeen = true);
    watchFile(path, listener);
    // Again and again: nobody sees a change from before the watcher's first look.
    await waitUntil("it is seen", () => {
      if (!isSeen) change();
      return isSeen;
    });
    unwatchFile(path, listener);
  };
  return { path, router, seen, reloads: (): number => reloads };
}

// What was made of one change is done when the next one is seen: the router looks less often than it lets a file settle.
test("a file that gets another mode is not read again", async (t) => {
  const { path, router, seen, reloads } = await startCounting(t);
  await seen(() => chmodSync(path, 0o600));
  await seen(() => chmodSync(path, 0o640));
  await router.reload();
  assert.equal(reloads(), 1);
});

test("a change that somebody had read at once is not read once more when it is seen", async (t) => {
  const { path, router, seen, reloads } = await startCounting(t);
  await seen(() => writeFileSync(path, "server: { port: 0, gracePeriodMs: 1 }\n"));
  await router.reload();
  await seen(() => chmodSync(path, 0o640));
  await router.reload();
  assert.equal(reloads(), 2);
});

test("a file that could not be read is read when it changes back, though it is the one in use", async (t) => {
  const { path, router, reloads } = await startCounting(t);
  const aside = `${path}.aside`;
  renameSync(path, aside);
  assert.equal((await router.reload()).reloaded, false);
  renameSync(aside, path);
  await waitUntil("it is read", () => {
    chmodSync(path, 0o640);
    return reloads() > 0;
  });
});

test("close waits for a reload that runs, so that its runtime is closed, and nothing is reloaded afterwards", async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "ccr.yaml");
  writeFileSync(path, "server: { port: 0 }\n");
  const loaded = loadConfig({ environment: { CCR_HOME: folder }, folder });
  const [begun, reading] = [Promise.withResolvers<void>(), Promise.withResolvers<LoadedConfig>()];
  const router = await startRouter({
    config: loaded.config,
    configPath: path,
    environment: {},
    logger: silentLogger,
    reloadConfig: () => {
      begun.resolve();
      return reading.promise;
    },
  });
  const ends: string[] = [];
  const reload = router.reload().then(({ reloaded }) => ends.push(`reloaded: ${reloaded}`));
  await begun.promise;
  const close = router.close().then(() => ends.push("closed"));
  await new Promise((resolve) => setImmediate(resolve));
  reading.resolve(loaded);
  await Promise.all([reload, close]);
  assert.deepEqual(ends, ["reloaded: true", "closed"]);
  assert.deepEqual(await router.reload(), { reloaded: false, error: "this router is ending" });
});

test("a reload takes what it can, and names what needs a restart", async (t) => {
  const path = join(createTemporaryFolder(t), "ccr.yaml");
  writeFileSync(path, "server: { port: 0 }\n");
  const router = await startFrom(t, path);
  writeFileSync(path, "server: { port: 0 }\nledger: { postgres: postgres://ccr@elsewhere/ccr, retentionDays: 9 }\n");
  assert.deepEqual(await router.reload(), {
    reloaded: true,
    warnings: ["ledger.postgres: changed; needs a restart"],
  });
});
