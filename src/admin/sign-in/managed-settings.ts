/**
 * `GET /managed/settings`: what Claude Code takes over from a gateway that its user has signed in to.
 *
 * Shape and 304 as Claude Code 2.1.330 reads them; 404 means that there are none.
 */
import { hash } from "node:crypto";
import { GatewayError } from "../../core/errors/errors.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { AdminRoute } from "../admin-route.ts";

export function managedSettingsRoute(settings: () => JsonObject | null): AdminRoute {
  return {
    method: "GET",
    path: "/managed/settings",
    access: "caller",
    handle: (request) => {
      const current = settings();
      if (current === null) throw new GatewayError("caller_not_found", "this router hands out no managed settings");
      const digest = hash("sha256", JSON.stringify(current), "hex");
      const checksum = `sha256:${digest}`;
      const headers = { etag: `"${checksum}"` };
      if (request.header("if-none-match") === headers.etag) return { status: 304, headers, body: "" };
      return { status: 200, headers, body: { uuid: toUuid(digest), checksum, settings: current } };
    },
  };
}

/** The same settings have the same id: version 8, whose bits are the maker's own (RFC 9562, 5.8). */
function toUuid(digest: string): string {
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
