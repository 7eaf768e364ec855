/** The keys that a configuration and its keys file let in, and whether the router may go without any. */
import type { CallerKey } from "../../core/caller-key.ts";
import type { AdminKey } from "../../config/keys-file.ts";
import { readKeysInForce } from "../../config/keys-file.ts";
import type { Config } from "../../config/schema.ts";
import { isLoopbackHost } from "../../core/http/local-host.ts";

export interface KeysOf {
  readonly callers: readonly CallerKey[];
  /** Whether callers need one. Once a key was made they do: revoking the last one opens the router to nobody. */
  readonly hasKeys: boolean;
  /** Whether the keys file was there when it was read. */
  readonly hasKeysFile: boolean;
  /** Whether operators need one. Once one was made they do: revoking the last one closes their API. */
  readonly hasAdminKeys: boolean;
  /** Expired ones are among them: the operators' API stays closed. */
  readonly adminKeys: readonly AdminKey[];
  /** SHA-256 in hex. */
  readonly revokedKeyHashes: readonly string[];
}

/** Rejects where the keys file is damaged. */
export async function keysOf({ auth }: Config): Promise<KeysOf> {
  const { callers, adminKeys, revokedHashes, wereMade, wereAdminKeysMade, isFileThere } = await readKeysInForce(
    auth.keysFile,
  );
  return {
    callers: [...auth.keys, ...callers],
    hasKeys: auth.keys.length > 0 || wereMade,
    hasAdminKeys: auth.adminKeyHash !== null || wereAdminKeysMade,
    hasKeysFile: isFileThere,
    adminKeys: auth.adminKeyHash === null ? adminKeys : [...adminKeys, { hash: auth.adminKeyHash, expiresAtMs: null }],
    revokedKeyHashes: revokedHashes,
  };
}

/** Without keys anybody who reaches the port would spend the operator's money. Throws Error with a sentence for people. */
export function requireKeysBeyondLoopback({ server: { host } }: Config, hasKeys: boolean): void {
  if (hasKeys || isLoopbackHost(host)) return;
  throw new Error(
    `server.host is ${host}, which others can reach, and no key is configured: make one by \`ccr keys create\`, or listen on 127.0.0.1`,
  );
}
