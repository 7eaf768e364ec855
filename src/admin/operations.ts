/** What operators look at and do: the running configuration, open calls, breakers. */
import { GatewayError } from "../core/errors/errors.ts";
import type { JsonObject } from "../core/json/json.ts";
import type { AdminRoute } from "./admin-route.ts";
import { jsonAnswer } from "./read-request.ts";

export interface OperationsSource {
  /** What came of reading the configuration again. */
  reload(): Promise<JsonObject>;
  status(): JsonObject;
  connections(): JsonObject;
  breakers(): readonly JsonObject[];
  /** False where there is no breaker of this name. */
  resetBreaker(name: string): boolean;
}

export function operationsRoutes(source: OperationsSource): readonly AdminRoute[] {
  return [
    { method: "GET", path: "/api/status", access: "admin", handle: () => jsonAnswer(source.status()) },
    {
      method: "POST",
      path: "/api/reload",
      access: "admin",
      handle: async () => {
        const result = await source.reload();
        return { status: result.reloaded === true ? 200 : 422, body: result };
      },
    },
    {
      method: "GET",
      path: "/debug/connections",
      access: "admin",
      handle: () => jsonAnswer(source.connections()),
    },
    {
      method: "GET",
      path: "/debug/circuit-breakers",
      access: "admin",
      handle: () => jsonAnswer(source.breakers()),
    },
    {
      method: "POST",
      path: "/debug/circuit-breakers/{name+}/reset",
      access: "admin",
      handle: (_request, { name }) => {
        if (name !== undefined && source.resetBreaker(name)) return jsonAnswer({ reset: name });
        throw new GatewayError(
          "caller_not_found",
          `no circuit breaker is named ${name}; /debug/circuit-breakers lists them`,
        );
      },
    },
  ];
}
