/** Everything that a program may use of the router: start it, write rules for it, watch it, know its types. */
export { explainRoute } from "./app/explain.ts";
export type { ExplainRequest } from "./app/explain.ts";
export { startRouter } from "./app/start.ts";
export type { RunningRouter, StartOptions } from "./app/start.ts";
export { loadConfig } from "./config/load.ts";
export type { LoadedConfig, LoadOptions } from "./config/load.ts";
export type { Config } from "./config/schema.ts";
export type { Caller, CallerLimits } from "./core/caller.ts";
export type { Dialect } from "./core/dialect.ts";
export { errorTable } from "./core/errors/error-table.ts";
export type { ErrorCode, ErrorEntry } from "./core/errors/error-table.ts";
export { GatewayError } from "./core/errors/errors.ts";
export { silentLogger, StructuredLogger } from "./core/log/logging.ts";
export type { Logger, StructuredLoggerOptions } from "./core/log/logging.ts";
export { formatUsd, nanoUsdFromUsd, usdFromNanoUsd } from "./core/money.ts";
export type { NanoUsd } from "./core/money.ts";
export type { AttemptRecord, CallCost, CallRecord } from "./core/record.ts";
export type { Plan, PlannedTarget, Target } from "./core/target.ts";
export type { Usage } from "./core/usage.ts";
export type { BudgetEvent } from "./costs/budgets/announcing/budget-events.ts";
export { CostOptimizer } from "./optimization/cost-optimizer.ts";
export type { CostOptimizerParts } from "./optimization/cost-optimizer.ts";
export type * from "./optimization/cost-optimizer-types.ts";
export type { ProviderRanking } from "./optimization/ranking/rank-targets.ts";
export { EnhancedMetricsSystem } from "./monitoring/metrics-system.ts";
export type { MetricsSystemOptions } from "./monitoring/metrics-system.ts";
export type { MetricsConfiguration } from "./monitoring/configured-series.ts";
export { MonitorPerformance, monitored } from "./monitoring/performance/monitor-performance.ts";
export type { MethodTimer, Monitored } from "./monitoring/performance/monitor-performance.ts";
export { PerformanceMonitor } from "./monitoring/performance/performance-monitor.ts";
export type { PerformanceMonitorOptions } from "./monitoring/performance/performance-monitor.ts";
export type {
  OperationStats,
  PerformanceProfile,
  PerformanceThresholds,
  ThresholdBreach,
} from "./monitoring/performance/performance-profile.ts";
export { defineRoute } from "./routing/define-route.ts";
export type { RouteDecision, RouteFunction } from "./routing/define-route.ts";
export type { RequestFeatures } from "./routing/request-features.ts";
export { createSimulatedProvider } from "./simulation/create-simulated-provider.ts";
export type { SimulatedProvider, SimulatedProviderOptions } from "./simulation/create-simulated-provider.ts";
