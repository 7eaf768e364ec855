import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { noLimits } from "../../core/caller.ts";
import { addKey, revokeKey } from "../../config/keys-file.ts";
import { parseConfig } from "../../config/parse.ts";
import type { Config } from "../../config/schema.ts";
import { keysOf, requireKeysBeyondLoopback } from "./keys-of.ts";

function configOf(text: string, folder: string): Config {
  const parsed = parseConfig(text, { environment: {}, folder, stateFolder: folder, readFile: () => undefined });
  if (parsed.kind === "bad") assert.fail(JSON.stringify(parsed.problems));
  return parsed.config;
}

test("once a caller's key was made callers need one, even when the last one is revoked", async (t) => {
  const folder = createTemporaryFolder(t);
  const config = configOf("", folder);
  assert.equal((await keysOf(config)).hasKeys, false);
  const request = { user: "ada", team: null, tier: "standard", allowedModels: null, limits: noLimits };
  const path = join(folder, "keys.json");
  await addKey(path, { ...request, expiresAtMs: null, isAdmin: true }, 1);
  assert.equal((await keysOf(config)).hasKeys, false, "an operators' key asks nothing of callers");
  const { stored } = await addKey(path, { ...request, expiresAtMs: null, isAdmin: false }, 1);
  await revokeKey(path, stored.id, 2);
  const { callers, hasKeys } = await keysOf(config);
  assert.deepEqual([callers, hasKeys], [[], true]);
});

test("once an operators' key was made operators need one, even when the last one is revoked", async (t) => {
  const folder = createTemporaryFolder(t);
  const config = configOf("", folder);
  assert.equal((await keysOf(config)).hasAdminKeys, false);
  const request = { user: "operator", team: null, tier: "standard", allowedModels: null, limits: noLimits };
  const path = join(folder, "keys.json");
  const { stored } = await addKey(path, { ...request, expiresAtMs: null, isAdmin: true }, 1);
  await revokeKey(path, stored.id, 2);
  const { adminKeys, hasAdminKeys, hasKeys } = await keysOf(config);
  assert.deepEqual([adminKeys, hasAdminKeys, hasKeys], [[], true, false]);
});

test("an address that others can reach needs keys", (t) => {
  const folder = createTemporaryFolder(t);
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "router.example.com"]) {
    const config = configOf(`server: { host: "${host}" }`, folder);
    assert.throws(() => requireKeysBeyondLoopback(config, false), /which others can reach/);
    requireKeysBeyondLoopback(config, true);
  }
  for (const host of ["127.0.0.1", "127.0.0.2", "::1", "localhost"]) {
    requireKeysBeyondLoopback(configOf(`server: { host: "${host}" }`, folder), false);
  }
});
