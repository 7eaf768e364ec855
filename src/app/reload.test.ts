import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../test/kit/wait-until.ts";
import { addKey, revokeKey } from "../config/keys-file.ts";
import { parseConfig } from "../config/parse.ts";
import type { Config } from "../config/schema.ts";
import { noLimits } from "../core/caller.ts";
import { silentLogger } from "../core/logging.ts";
import { startRouter } from "./start.ts";

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
      Promise.resolve({ config: next, path: null, warnings: [], environment: {}, stateFolder: folder }),
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
