/** Probes for supervisors and balancers: alive, ready, healthy. They cost nothing and call nobody. */
import type { JsonObject } from "../core/json.ts";
import type { AdminAnswer, AdminRoute } from "./admin-route.ts";

export type HealthState = "healthy" | "degraded" | "unhealthy";

/** What the running parts say of themselves. */
export interface HealthSource {
  readonly version: string;
  isStarted(): boolean;
  isDraining(): boolean;
  uptimeSeconds(): number;
  callsInFlight(): number;
  /** Parts that can be in trouble; `isRequired` ones make the router unready. */
  parts(): readonly HealthPart[];
}

export interface HealthPart {
  readonly name: string;
  readonly state: HealthState;
  readonly isRequired: boolean;
  readonly reason: string;
}

export function probeRoutes(source: HealthSource): readonly AdminRoute[] {
  const route = (path: string, handle: AdminRoute["handle"]): AdminRoute => ({
    method: "GET",
    path,
    access: "open",
    handle,
  });
  return [
    route("/livez", () =>
      answer(200, { status: "ok", program: "claude-code-router", version: source.version, pid: process.pid }),
    ),
    route("/startupz", () =>
      source.isStarted() ? answer(200, { status: "ok" }) : answer(503, { status: "starting" }),
    ),
    route("/readyz", ({ query }) => readiness(source, query.has("verbose"))),
    route("/health", () => health(source)),
  ];
}

function readiness(source: HealthSource, isVerbose: boolean): AdminAnswer {
  const failing = source.parts().filter((part) => part.isRequired && part.state === "unhealthy");
  const status = source.isDraining() ? "draining" : source.isStarted() && failing.length === 0 ? "ok" : "not ready";
  const parts = isVerbose ? { parts: source.parts().map((part) => ({ ...part })) } : {};
  return answer(status === "ok" ? 200 : 503, { status, ...parts });
}

function health(source: HealthSource): AdminAnswer {
  const parts = source.parts();
  const state = overall(parts);
  return answer(state === "unhealthy" ? 503 : 200, {
    status: state,
    reasons: parts.filter((part) => part.state !== "healthy").map((part) => `${part.name}: ${part.reason}`),
    version: source.version,
    uptime_seconds: Math.floor(source.uptimeSeconds()),
    calls_in_flight: source.callsInFlight(),
    parts: parts.map((part) => ({ ...part })),
  });
}

function overall(parts: readonly HealthPart[]): HealthState {
  if (parts.some((part) => part.isRequired && part.state === "unhealthy")) return "unhealthy";
  return parts.every((part) => part.state === "healthy") ? "healthy" : "degraded";
}

function answer(status: number, body: JsonObject): AdminAnswer {
  return { status, body, headers: { "cache-control": "no-store" } };
}
