import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../core/errors/errors.ts";
import type { AdminRequest, AdminRoute } from "./admin-route.ts";
import { guardChanges } from "./console-guard.ts";

/** Whether a request with these headers reaches a route's handler. */
function isLetThrough(
  { method, access }: Pick<AdminRoute, "method" | "access">,
  headers: Readonly<Record<string, string>>,
): boolean {
  const handle: AdminRoute["handle"] = (_, parts) => ({ status: 200, body: parts["id"] ?? "" });
  const [route] = guardChanges([{ method, path: "/api/x/{id}", access, handle }]);
  assert.deepEqual({ ...route, handle }, { method, path: "/api/x/{id}", access, handle });
  const request = { method, header: (name: string) => headers[name] } as unknown as AdminRequest;
  try {
    assert.deepEqual(route!.handle(request, { id: "7" }), { status: 200, body: "7" });
    return true;
  } catch (error) {
    assert.ok(error instanceof GatewayError && error.code === "caller_permission_denied", String(error));
    return false;
  }
}

const fromBrowser = [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }];

test("a browser changes nothing without the console's header, whichever of its own headers it sends", () => {
  for (const method of ["POST", "PUT", "DELETE"] as const) {
    for (const headers of fromBrowser) {
      assert.equal(isLetThrough({ method, access: "admin" }, headers), false, method);
      assert.equal(isLetThrough({ method, access: "admin" }, { ...headers, "x-ccr-console": "1" }), true, method);
    }
  }
});

test("programs change what they like without it, and what changes nothing or is no operator's is not asked for it", () => {
  assert.equal(isLetThrough({ method: "POST", access: "admin" }, {}), true);
  for (const headers of fromBrowser) {
    assert.equal(isLetThrough({ method: "GET", access: "admin" }, headers), true);
    for (const access of ["open", "host", "caller"] as const) {
      assert.equal(isLetThrough({ method: "POST", access }, headers), true, access);
    }
  }
});
