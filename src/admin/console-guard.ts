/**
 * Keeps other sites' pages from changing anything through an operator's browser.
 *
 * A form, a link or an image of another site can reach this address with the browser's own headers, but cannot add one.
 * So a change that comes from a browser must carry a header that only a script of this very origin can set: for scripts
 * of others the browser asks first (CORS), and nothing here ever says yes. Programs send none of a browser's headers and
 * are not asked.
 */
import { GatewayError } from "../core/errors/errors.ts";
import type { AdminRequest, AdminRoute } from "./admin-route.ts";

/** What the console sends with each of its requests. */
const consoleHeader = "x-ccr-console";

/** The same routes; operators' changes that come from a browser without the console's header are refused. */
export function guardChanges(routes: readonly AdminRoute[]): readonly AdminRoute[] {
  return routes.map((route) => {
    if (route.method === "GET" || route.access !== "admin") return route;
    return {
      ...route,
      handle: (request, parts) => {
        refuseForms(request);
        return route.handle(request, parts);
      },
    };
  });
}

/** Throws GatewayError `caller_permission_denied` for a browser's request that lacks the console's header. */
export function refuseForms(request: AdminRequest): void {
  if (!isFromBrowser(request) || request.header(consoleHeader) !== undefined) return;
  throw new GatewayError(
    "caller_permission_denied",
    `a browser's ${request.method} needs the header ${consoleHeader}, which no other site's page can send`,
  );
}

/** By the headers that browsers send with what their pages ask for, and programs do not. */
export function isFromBrowser(request: AdminRequest): boolean {
  return request.header("origin") !== undefined || request.header("sec-fetch-site") !== undefined;
}
