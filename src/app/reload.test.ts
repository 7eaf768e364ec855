import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
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
import { startRouter } from "./start.ts";
import type { RunningRouter } from "./start.ts";

/** A router that reads its configuration from the file at `path`. */
async function startFrom(t: TestContext, path: string): Promise<RunningRouter> {
  const folder = dirname(path);
  const load = (): LoadedConfig => loadConfig({ environment: { CCR_HOME: folder }, folder });
  const router = await startRouter({
    config: load().config,
    configPath: path,
    environment: {},
    logger: silentLogger,
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
