/**
 * What was found out from a request's head, for the requests that follow with the same head, on its connection or on
 * another: clients repeat theirs, and often only the length of the body differs.
 *
 * Finding it out anew costs some 15 µs, and several times that where calls are rare and what they need has left the
 * caches. Each part names what else it depends on: whoever takes it out compares that first.
 */
import type { Caller } from "../../core/caller.ts";
import type { Dialect } from "../../core/dialect.ts";
import type { ClientFacts } from "../../core/record.ts";
import type { SharedHeaders } from "../../providers/upstream/shared-headers.ts";

export class HeadMemo {
  /** Who calls, as was found among these keys, until Unix milliseconds (null: for good). */
  identity: { readonly foundIn: object; readonly caller: Caller; readonly expiresAtMs: number | null } | null = null;
  /** What the headers say of the client. */
  client: ClientFacts | null = null;
  /** What passes to a provider of this `dialect`, over the headers that are configured for it. */
  passed: { readonly configured: object; readonly dialect: Dialect; readonly headers: SharedHeaders } | null = null;
}
