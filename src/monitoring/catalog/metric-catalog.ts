/** The catalog: every metric that the router shows, in the order in which /metrics and docs/metrics.md list them. */
import { callMetrics } from "./call-metrics.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import { moneyMetrics } from "./money-metrics.ts";
import { processMetrics } from "./process-metrics.ts";
import { providerMetrics } from "./provider-metrics.ts";

/** The catalog by chapter, for the page. */
export const metricGroups: Readonly<Record<string, readonly MetricDefinition[]>> = {
  Calls: callMetrics,
  Providers: providerMetrics,
  "Money, tokens, cache": moneyMetrics,
  "Process, dependencies, monitoring": processMetrics,
};

export const metricCatalog: readonly MetricDefinition[] = Object.values(metricGroups).flat();
