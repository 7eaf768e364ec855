/** Who changes something, for trails of changes: a name for the admin key, never the key. */
import type { AdminRequest } from "./admin-route.ts";

/** `admin-key-` and the first eight hex digits of its SHA-256; `loopback` where no key is needed. */
export function actorOf({ adminKeyHash }: Pick<AdminRequest, "adminKeyHash">): string {
  return adminKeyHash === null ? "loopback" : `admin-key-${adminKeyHash.slice(0, 8)}`;
}
