import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chown, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { noLimits } from "../core/caller.ts";
import { addKey, createKey, hashKey, readKeysInForce, readStoredKeys, revokeKey } from "./keys-file.ts";
import type { KeyRequest } from "./keys-file.ts";

const folder = await mkdtemp(join(tmpdir(), "ccr-keys-"));
after(() => rm(folder, { recursive: true, force: true }));

let count = 0;
const freshPath = (): string => join(folder, String(count++), "keys.json");

const request: KeyRequest = {
  user: "ana",
  team: null,
  tier: "standard",
  allowedModels: null,
  limits: noLimits,
  expiresAtMs: null,
  isAdmin: false,
};

test("a key is ccr_ and forty letters and digits, and never the same twice", () => {
  const keys = Array.from({ length: 200 }, createKey);
  for (const key of keys) assert.match(key, /^ccr_[0-9A-Za-z]{40}$/);
  assert.equal(new Set(keys).size, keys.length);
});

test("the file holds a key's hash and never the key, for its owner alone", async () => {
  const path = freshPath();
  const { key, stored } = await addKey(path, request, 5);
  const text = await readFile(path, "utf8");
  assert.ok(!text.includes(key) && !text.includes(key.slice(4)));
  assert.equal(stored.hash, hashKey(key));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(
    (await readKeysInForce(path)).callers.map(({ user, hash }) => ({ user, hash })),
    [{ user: "ana", hash: hashKey(key) }],
  );
});

test("a revoked key is in force no longer, and stays in the list", async () => {
  const path = freshPath();
  const { stored } = await addKey(path, request, 5);
  assert.equal(await revokeKey(path, stored.id, 9), "revoked");
  assert.equal(await revokeKey(path, stored.id, 10), "revoked-before");
  assert.equal(await revokeKey(path, "key_none", 10), "unknown");
  assert.deepEqual(await readKeysInForce(path), {
    callers: [],
    adminKeys: [],
    revokedHashes: [stored.hash],
    wereMade: true,
    wereAdminKeysMade: false,
    isFileThere: true,
  });
  assert.equal((await readStoredKeys(path))[0]?.revokedAtMs, 9);
});

test("an operators' key opens nothing for callers", async () => {
  const path = freshPath();
  const { stored } = await addKey(path, { ...request, isAdmin: true }, 5);
  const { callers, adminKeys } = await readKeysInForce(path);
  assert.deepEqual(callers, []);
  assert.deepEqual(
    adminKeys.map(({ hash }) => hash),
    [stored.hash],
  );
});

test("writers at the same time lose no key and leave no other file behind", async () => {
  const path = freshPath();
  await Promise.all(Array.from({ length: 20 }, (_, index) => addKey(path, { ...request, user: `user-${index}` }, 5)));
  assert.equal((await readStoredKeys(path)).length, 20);
  assert.deepEqual(await readdir(join(path, "..")), ["keys.json"]);
});

test("a damaged file is an error that names it, not an empty list", async () => {
  const path = freshPath();
  await addKey(path, request, 5);
  await writeFile(path, '{"version": 1, "keys": [{}]}');
  await assert.rejects(readKeysInForce(path), /keys\.json is damaged/);
  await assert.rejects(addKey(path, request, 5), /damaged/);
});

test("a pipe in the file's place is an error, and nothing that is waited for", async () => {
  const path = freshPath();
  await mkdir(dirname(path));
  execFileSync("mkfifo", [path]);
  await assert.rejects(readKeysInForce(path), /no regular file/);
});

test("no file means no keys", async () => {
  assert.deepEqual(await readStoredKeys(join(folder, "none.json")), []);
});

const notRoot = process.getuid?.() === 0 ? false : "needs root";

test("what root makes or changes stays the file of the user as whom the router runs", { skip: notRoot }, async () => {
  const path = freshPath();
  await mkdir(dirname(path));
  await chown(dirname(path), 65_534, 65_534);
  const { stored } = await addKey(path, request, 1);
  assert.equal((await stat(path)).uid, 65_534);
  await chown(path, 65_532, 65_532);
  await revokeKey(path, stored.id, 2);
  assert.equal((await stat(path)).uid, 65_532);
});
