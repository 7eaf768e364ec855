/**
 * The keys of callers: `keys.json` in the state folder. Only hashes are kept; a key is shown once, when it is made.
 *
 * The file is replaced whole, under a lock, readable by its owner alone, which root does not become by changing it.
 */
import { createHash, randomInt } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { makeFolder } from "../core/files/make-folder.ts";
import { giveToOwnerOfPlace } from "../core/files/owner-of-place.ts";
import { replaceFile } from "../core/files/replace-file.ts";
import { parseJson } from "../core/json/json.ts";
import { withFileLock } from "./file-lock.ts";
import type { CallerKey } from "../core/caller-key.ts";

/** A key of the file: what a call needs to know of it, and its history. */
export interface StoredKey extends CallerKey {
  readonly isAdmin: boolean;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

/** What a key is made from. */
export type KeyRequest = Omit<StoredKey, "id" | "hash" | "createdAtMs" | "revokedAtMs">;

const count = z.number().int().min(1).nullable();

const storedKey: z.ZodType<StoredKey> = z.object({
  id: z.string(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  user: z.string(),
  team: z.string().nullable(),
  tier: z.string(),
  allowedModels: z.array(z.string()).nullable(),
  limits: z.object({ requestsPerMinute: count, tokensPerMinute: count, concurrentCalls: count }),
  expiresAtMs: z.number().nullable(),
  isAdmin: z.boolean(),
  createdAtMs: z.number(),
  revokedAtMs: z.number().nullable(),
});

const fileSchema = z.object({ version: z.literal(1), keys: z.array(storedKey) });

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** SHA-256 in hex. Keys hold 238 random bits: a slow hash would protect nothing more and cost every call. */
export function hashKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** A new key: `ccr_` and forty letters and digits. */
export function createKey(): string {
  return `ccr_${Array.from({ length: 40 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;
}

/** What opens the operators' API, by its hash as in CallerKey. */
export type AdminKey = Pick<CallerKey, "hash" | "expiresAtMs">;

/** The keys in force: what callers may bring, and what opens the operators' API. */
export interface KeysInForce {
  readonly callers: readonly CallerKey[];
  readonly adminKeys: readonly AdminKey[];
  readonly revokedHashes: readonly string[];
  /** Whether a caller's key was ever made, revoked or not. */
  readonly wereMade: boolean;
  /** The same of operators' keys. */
  readonly wereAdminKeysMade: boolean;
  readonly isFileThere: boolean;
}

/** Keys that are not revoked (expired ones are among them: they are refused as such), callers' and operators' apart. Throws on a file that is damaged. */
export async function readKeysInForce(path: string): Promise<KeysInForce> {
  const found = await findStoredKeys(path);
  const stored = found ?? [];
  const keys = stored.filter((key) => key.revokedAtMs === null);
  return {
    callers: keys.filter((key) => !key.isAdmin),
    adminKeys: keys.filter((key) => key.isAdmin),
    revokedHashes: stored.filter((key) => key.revokedAtMs !== null).map((key) => key.hash),
    wereMade: stored.some((key) => !key.isAdmin),
    wereAdminKeysMade: stored.some((key) => key.isAdmin),
    isFileThere: found !== null,
  };
}

/** All keys of the file, revoked ones too; none where there is no file. Throws on a file that is damaged. */
export async function readStoredKeys(path: string): Promise<readonly StoredKey[]> {
  return (await findStoredKeys(path)) ?? [];
}

/** null where there is no file. */
async function findStoredKeys(path: string): Promise<readonly StoredKey[] | null> {
  let text: string;
  try {
    // A pipe would be waited for without end, and each later reload after it: keys that are revoked meanwhile would go on.
    if (!(await stat(path)).isFile()) throw new Error(`${path} is no regular file`);
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new Error(`${path} is damaged: it does not hold the keys that this program wrote`);
  return parsed.data.keys;
}

/** Makes a key and keeps its hash. `key` exists nowhere else. */
export async function addKey(
  path: string,
  request: KeyRequest,
  nowMs: number,
): Promise<{ readonly key: string; readonly stored: StoredKey }> {
  const key = createKey();
  const hash = hashKey(key);
  const stored = { ...request, id: `key_${hash.slice(0, 8)}`, hash, createdAtMs: nowMs, revokedAtMs: null };
  await change(path, (keys) => [...keys, stored]);
  return { key, stored };
}

/** Revokes the key with this public id; its entry stays, so that records keep their meaning. */
export async function revokeKey(
  path: string,
  id: string,
  nowMs: number,
): Promise<"revoked" | "revoked-before" | "unknown"> {
  let outcome: "revoked" | "revoked-before" | "unknown" = "unknown";
  await change(path, (keys) =>
    keys.map((key) => {
      if (key.id !== id) return key;
      outcome = key.revokedAtMs === null ? "revoked" : "revoked-before";
      return { ...key, revokedAtMs: key.revokedAtMs ?? nowMs };
    }),
  );
  return outcome;
}

async function change(path: string, edit: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<void> {
  makeFolder(dirname(path), 0o700);
  await withFileLock(`${path}.lock`, async () => {
    const keys = edit(await readStoredKeys(path));
    const text = `${JSON.stringify({ version: 1, keys }, null, 2)}\n`;
    await replaceFile(path, text, (fresh) => giveToOwnerOfPlace(fresh, path));
  });
}
