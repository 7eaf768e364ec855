/** Probes for supervisors and balancers: alive, ready, healthy. They cost nothing and call nobody. */
import type { JsonObject } from "../core/json/json.ts";
import type { HealthInputs } from "../monitoring/health/overall-health.ts";
import { overallHealth } from "../monitoring/health/overall-health.ts";
import type { AdminAnswer, AdminRoute } from "./admin-route.ts";

export interface HealthSource {
  readonly version: string;
  readonly instance: { readonly host: string; readonly pid: number };
  isStarted(): boolean;
  isDraining(): boolean;
  uptimeSeconds(): number;
  callsInFlight(): number;
  inputs(): HealthInputs;
  /** Processes that serve calls, besides this one; none where it does. */
  workers(): readonly number[];
}

export function probeRoutes(source: HealthSource): readonly AdminRoute[] {
  const route = (path: string, handle: AdminRoute["handle"], access: AdminRoute["access"] = "open"): AdminRoute => ({
    method: "GET",
    path,
    access,
    handle,
  });
  const about = { program: "claude-code-router", version: source.version, pid: process.pid };
  return [
    route("/livez", () => answer(200, { status: "ok", ...about, workers: [...source.workers()] })),
    route("/startupz", () =>
      source.isStarted() ? answer(200, { status: "ok" }) : answer(503, { status: "starting" }),
    ),
    route("/readyz", ({ query }) => readiness(source, query.has("verbose"))),
    route("/health", () => health(source), "host"), // its reasons quote providers
  ];
}

/** Ready: it takes calls. Trouble at a provider or a dependency makes no instance unready, or all would be at once. */
function readiness(source: HealthSource, isVerbose: boolean): AdminAnswer {
  const status = source.isDraining() ? "draining" : source.isStarted() ? "ok" : "starting";
  const more = isVerbose ? { dependencies: source.inputs().dependencies.map((one) => ({ ...one })) } : {};
  return answer(status === "ok" ? 200 : 503, { status, ...more });
}

function health(source: HealthSource): AdminAnswer {
  const { status, reasons } = overallHealth(source.inputs());
  return answer(status === "unhealthy" ? 503 : 200, {
    status,
    instance: { ...source.instance },
    reasons: reasons.map((reason) => ({ ...reason })),
    version: source.version,
    uptime_seconds: Math.floor(source.uptimeSeconds()),
    calls_in_flight: source.callsInFlight(),
  });
}

function answer(status: number, body: JsonObject): AdminAnswer {
  return { status, body };
}
