/** Connects the metrics to the running parts. */
import type { MetricsConfiguration } from "../monitoring/configured-series.ts";
import type { MetricSources } from "../monitoring/metric-sources.ts";
import type { Runtime } from "./create-runtime.ts";
import type { ProcessState } from "./process-state.ts";

/** The names that may stand in labels: those of the configuration. */
export function metricNames({ gateway, config }: Runtime): MetricsConfiguration {
  const providers = [...gateway.providers.values()];
  return {
    providers: providers.map((provider) => provider.name),
    targets: providers.flatMap((provider) => provider.models.map((model) => ({ provider: provider.name, model }))),
    tiers: ["standard", ...config.auth.keys.map((key) => key.tier)],
  };
}

/** Asked at each scrape. */
export function metricSources(state: ProcessState, current: () => Runtime): MetricSources {
  return {
    providerHealth: () => state.providerHealth.read().map(({ name, score }) => ({ provider: name, score })),
    dependencies: () => {
      const { state: ledger, waitingRows } = state.ledger.health();
      const budgets = current().gateway.budgets.health();
      return [
        { name: "ledger", isUp: ledger === "ok", buffered: waitingRows },
        { name: "budgets", isUp: budgets.state === "ok", buffered: budgets.waitingSettlements },
      ];
    },
    traces: () => state.tracing.counts(),
    callsInFlight: () => current().gateway.openCalls.count(),
    activeConnections: () => countByProvider(current()),
    upstream: () =>
      [...current().gateway.providers.values()].map((provider) => {
        const { sockets, queued } = provider.upstream(provider.dialects[0]!).stats();
        return { provider: provider.name, sockets, queued };
      }),
    breakers: () => {
      const { breakers, clock } = current().gateway;
      return breakers.states(clock.nowMs()).map(({ target, kind }) => ({
        ...target,
        state: kind === "half-open" ? "half_open" : kind,
      }));
    },
  };
}

function countByProvider({ gateway }: Runtime): Iterable<{ readonly provider: string; readonly count: number }> {
  const counts = new Map([...gateway.providers.keys()].map((name) => [name, 0]));
  for (const { prepared } of gateway.openCalls.list()) {
    if (prepared !== null) counts.set(prepared.provider.name, (counts.get(prepared.provider.name) ?? 0) + 1);
  }
  return [...counts].map(([provider, count]) => ({ provider, count }));
}
