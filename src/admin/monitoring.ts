/** Read models of monitoring: providers' health, traces, how long the router's own steps take. */
import { GatewayError } from "../core/errors/errors.ts";
import type { ProviderHealth } from "../monitoring/health/provider-health.ts";
import type { OperationStats } from "../monitoring/performance/performance-profile.ts";
import type { TraceStore } from "../monitoring/tracing/trace-store.ts";
import type { AdminRoute } from "./admin-route.ts";
import { jsonAnswer } from "./read-request.ts";

export interface MonitoringSource {
  providerHealth(): readonly ProviderHealth[];
  performance(): readonly OperationStats[];
  traces(): Pick<TraceStore, "list" | "get">;
}

export function monitoringRoutes(source: MonitoringSource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/providers/health",
      access: "admin",
      handle: () => jsonAnswer(source.providerHealth()),
    },
    {
      method: "GET",
      path: "/api/performance",
      access: "admin",
      handle: () => jsonAnswer({ operations: source.performance() }),
    },
    {
      method: "GET",
      path: "/debug/traces",
      access: "admin",
      handle: () => jsonAnswer(source.traces().list()),
    },
    {
      method: "GET",
      path: "/debug/traces/{id}",
      access: "admin",
      handle: (_request, { id }) => {
        const trace = source.traces().get(id ?? "");
        if (trace === null)
          throw new GatewayError("caller_not_found", `no trace of ${id} is kept; /debug/traces lists them`);
        return jsonAnswer(trace);
      },
    },
  ];
}
