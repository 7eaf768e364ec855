/** `/runbooks/<Alert>`: what an alert means and what to do, for the links in notifications. Open: it holds no data. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../core/errors/errors.ts";
import { packageFolder } from "../core/files/own-files.ts";
import type { AdminRoute } from "./admin-route.ts";

const folder = join(packageFolder, "docs/runbooks");

export function runbookRoutes(): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/runbooks/{alert}",
      access: "open",
      handle: (_request, { alert = "" }) => ({
        status: 200,
        contentType: "text/plain; charset=utf-8",
        body: readRunbook(alert),
      }),
    },
  ];
}

/** Throws GatewayError where there is none. A name of letters leads out of no folder. */
function readRunbook(alert: string): string {
  try {
    if (/^[A-Za-z]+$/.test(alert)) return readFileSync(join(folder, `${alert}.md`), "utf8");
  } catch {
    // There is none of this name.
  }
  throw new GatewayError("caller_not_found", "there is no runbook of this name; `ccr runbook` lists them");
}
