/** Who changes something, for trails of changes: a name for the admin key, never the key. */
import { hash } from "node:crypto";
import type { AdminRequest } from "./admin-route.ts";

/** `admin-key-` and the first eight hex digits of its SHA-256; `loopback` where no key is needed. */
export function actorOf(request: Pick<AdminRequest, "header">): string {
  const key = request.header("x-api-key") ?? (request.header("authorization") ?? "").replace(/^bearer\s+/i, "");
  return key === "" ? "loopback" : `admin-key-${hash("sha256", key, "hex").slice(0, 8)}`;
}
