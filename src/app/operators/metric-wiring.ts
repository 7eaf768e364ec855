/** Connects the metrics to the running parts. */
import type { AdminRoute } from "../../admin/admin-route.ts";
import { StructuredLogger } from "../../core/log/logging.ts";
import { limitsNow } from "../../costs/budgets/caps/caps.ts";
import type { BudgetBucket } from "../../costs/budgets/caps/caps.ts";
import type { Exchange } from "../../gateway/request/exchange.ts";
import type { FullestBudget } from "../../monitoring/budget-use.ts";
import type { MetricsConfiguration } from "../../monitoring/configured-series.ts";
import type { CacheLevelStats, MetricSources } from "../../monitoring/metric-sources.ts";
import type { Runtime } from "../runtime/create-runtime.ts";
import type { LiveParts } from "../process/live-parts.ts";
import type { ProcessState } from "../process/process-state.ts";
import type { CountRequest } from "../serve-client.ts";

/** The names that may stand in labels: those of the configuration and its keys, and the operators' routes that are counted. */
export function metricNames({ gateway, tiers }: Runtime, routes: readonly AdminRoute[]): MetricsConfiguration {
  const providers = [...gateway.providers.values()];
  return {
    providers: providers.map((provider) => provider.name),
    targets: providers.flatMap((provider) => provider.models.map((model) => ({ provider: provider.name, model }))),
    routes: [...new Set(routes.filter(isCounted).map((route) => route.path))],
    tiers: [...new Set(["standard", ...tiers])],
  };
}

/** Probes, scrapes and telemetry come all day: they would hide what people and programs ask for, and how often that fails. */
function isCounted(route: AdminRoute): boolean {
  return route.access === "caller" || route.access === "admin";
}

/** Counts a request that was no call. */
export function countRequests({ metrics }: Pick<ProcessState, "metrics">): CountRequest {
  return (route, { method, status }) => metrics.incrementRequest(method, route, status, "none", "none");
}

/** Counts an operator's request; `route` null: nothing is there. */
export function countAdminRequest(state: ProcessState, route: AdminRoute | null, exchange: Exchange): void {
  if (route === null || isCounted(route)) countRequests(state)(route?.path ?? "", exchange);
}

/** Asked at each scrape. */
export function metricSources(state: ProcessState, live: LiveParts): MetricSources {
  const { logger } = state;
  return {
    providerHealth: () => state.providerHealth.read().map(({ name, score }) => ({ provider: name, score })),
    dependencies: () => {
      const { state: ledger, waitingRows, spilledRows } = state.ledger.health();
      const budgets = state.budgets.health();
      return [
        { name: "ledger", isUp: ledger === "ok", buffered: waitingRows + spilledRows },
        { name: "budgets", isUp: budgets.state === "ok", buffered: budgets.waitingSettlements },
        ...(state.redis === null ? [] : [{ name: "redis", isUp: state.redis.isUp(), buffered: 0 }]),
      ];
    },
    ledger: () => state.ledger.health(),
    cacheLevels: () => cacheLevels(live),
    cacheSavings: () => live.cacheStats().savedNanoUsd,
    traces: () => state.tracing.counts(),
    satisfaction: () => state.quality.readSatisfaction(),
    budgets: () => ({ ...state.budgets.stats(), used: budgetUse(state) }),
    ...(logger instanceof StructuredLogger ? { logLines: () => logger.lineCounts() } : {}),
    callsInFlight: () => live.callsInFlight(),
    activeConnections: () => [...live.callsByProvider()].map(([provider, count]) => ({ provider, count })),
    upstream: () => live.upstreams(),
    breakers: () => live.breakers().map(({ target, kind }) => ({ ...target, state: kind })),
  };
}

function budgetUse({ budgets, spendLimits, budgetUse: use, clock }: ProcessState): readonly FullestBudget[] {
  const { caps } = budgets.settings();
  const limitNow = limitsNow(caps, spendLimits.seatCaps());
  return use.read(clock.nowMs(), (bucket) => limitNow(bucket as BudgetBucket));
}

function cacheLevels(live: LiveParts): Iterable<CacheLevelStats> {
  const { l1, l2 } = live.cacheStats();
  const first: CacheLevelStats = { level: "l1", ...l1 };
  return l2 === null ? [first] : [first, { level: "l2", ...l2 }];
}
