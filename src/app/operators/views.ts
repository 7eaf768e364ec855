/** What the operators' API shows of the running router. */
import { hostname } from "node:os";
import type { JsonObject } from "../../core/json/json.ts";
import type { Runtime } from "../runtime/create-runtime.ts";
import type { LiveParts } from "../process/live-parts.ts";

/**
 * Which of several instances this is. `host`: the machine's name for itself; a container's id where nobody gave it another
 * one. `pid`: of the process that operators ask, the parent where there are workers.
 */
export function thisInstance(): { readonly host: string; readonly pid: number } {
  return { host: hostname(), pid: process.pid };
}

/** `/api/status`: which instance answers, and the configuration in use, without secrets. */
export function statusView(runtime: Runtime, live: LiveParts, configPath: string | null): JsonObject {
  const { gateway, config } = runtime;
  return {
    instance: { ...thisInstance() },
    config_path: configPath,
    has_keys: runtime.keys.hasKeys,
    calls_in_flight: live.callsInFlight(),
    default_targets: gateway.routes.defaults === null ? null : [gateway.routes.defaults.main].flat(),
    rules: [...gateway.routes.rules, ...gateway.routes.scenarios].map((rule) => ({
      name: rule.name,
      reason: rule.reason,
      to: rule.action.kind === "route" ? [rule.action.to].flat() : null,
      reject: rule.action.kind === "reject" ? rule.action.message : null,
    })),
    providers: [...gateway.providers.values()].map((provider) => ({
      name: provider.name,
      kind: provider.kind,
      dialects: [...provider.dialects],
      models: [...provider.models],
      credentials: live.credentials(provider.name).map((state) => ({ ...state })),
    })),
    server: { ...config.server },
  };
}

/** `/debug/connections`: calls in flight, and the sockets of each provider. */
export function openCallsView(live: LiveParts): JsonObject {
  return {
    calls: [...live.calls()],
    providers: live.upstreams().map(({ provider, ...stats }) => ({ name: provider, ...stats })),
  };
}
