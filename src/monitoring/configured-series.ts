/** The names of a configuration as label values, and their series at zero from the start. */
import type { Target } from "../core/target.ts";
import { errorTable, faultOf } from "../core/errors/error-table.ts";
import type { ErrorCode } from "../core/errors/error-table.ts";
import * as labels from "./catalog/labels.ts";
import type { LabelDefinition, LabelValues } from "./catalog/metric-definition.ts";
import { routeOfEndpoint } from "./routes.ts";
import type { CacheLevel } from "./metric-sources.ts";
import type { MetricSet } from "./series/metric-set.ts";

/** Names that may stand in labels. Everything else is `_other`. */
export interface MetricsConfiguration {
  readonly providers?: readonly string[];
  /** Every provider and model that the configuration or the catalog names. */
  readonly targets?: readonly Target[];
  /** Paths that the router serves besides the calls' own. */
  readonly routes?: readonly string[];
  readonly tiers?: readonly string[];
  /** Levels of the answer cache that are in use. */
  readonly cacheLevels?: readonly CacheLevel[];
}

/** Statuses whose first count must not be lost to `increase()`: success, and what error rates are made of. */
const countedFromZero = ["200", "429", "500", "502", "503", "504", "529"];

/** A call that `server.maxCalls` refuses: nobody has asked whose it is. */
const refusedAtTheDoor = [
  [labels.statusCode, "529"],
  [labels.provider, "none"],
  [labels.userTier, "none"],
] as const;

/** Admits the names and begins their series at zero; series of providers that are gone end. */
export function configureSeries(set: MetricSet, configuration: MetricsConfiguration): void {
  const targets = configuration.targets ?? [];
  const providers = [...new Set([...(configuration.providers ?? []), ...targets.map((target) => target.provider)])];
  takeOver(set, labels.provider, providers);
  takeOver(
    set,
    labels.model,
    targets.map((target) => target.model),
  );
  takeOver(set, labels.route, configuration.routes ?? []);
  takeOver(set, labels.userTier, configuration.tiers ?? []);
  const tiers = configuration.tiers ?? ["standard"];
  beginCallSeries(set, [...providers, "none"], tiers);
  for (const provider of providers) beginProviderSeries(set, provider);
  for (const { provider, model } of targets) beginTargetSeries(set, provider, model);
  for (const level of configuration.cacheLevels ?? ["l1", "l2"]) beginCacheSeries(set, level);
  beginBudgetSeries(set);
  for (const result of valuesOf(labels.reloadResult)) {
    begin(set, "ccr_config_reloads_total", [[labels.reloadResult, result]]);
  }
  begin(set, "ccr_attempts_per_call", []);
  for (const step of valuesOf(labels.step)) begin(set, "ccr_step_duration_seconds", [[labels.step, step]]);
}

function beginCallSeries(set: MetricSet, providers: readonly string[], tiers: readonly string[]): void {
  const post = [labels.method, "POST"] as const;
  for (const route of Object.values(routeOfEndpoint)) {
    const routeLabel = [labels.route, route] as const;
    begin(set, "ccr_router_overhead_seconds", [routeLabel]);
    begin(set, "ccr_requests_total", [post, routeLabel, ...refusedAtTheDoor]);
    for (const outcome of valuesOf(labels.outcome)) {
      begin(set, "ccr_call_outcomes_total", [routeLabel, [labels.outcome, outcome]]);
    }
    for (const provider of providers) {
      const providerLabel = [labels.provider, provider] as const;
      begin(set, "ccr_request_duration_seconds", [post, routeLabel, providerLabel, [labels.cacheStatus, "miss"]]);
      for (const tier of tiers) {
        for (const status of countedFromZero) {
          const rest = [[labels.statusCode, status] as const, providerLabel, [labels.userTier, tier] as const];
          begin(set, "ccr_requests_total", [post, routeLabel, ...rest]);
        }
      }
    }
  }
  for (const errorType of valuesOf(labels.errorType)) begin(set, "ccr_errors_total", [[labels.errorType, errorType]]);
  for (const use of valuesOf(labels.cacheUse)) {
    begin(set, "ccr_cache_answers_total", [[labels.cacheUse, use]]);
  }
}

function beginProviderSeries(set: MetricSet, provider: string): void {
  const label = [labels.provider, provider] as const;
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const row = [label, [labels.errorType, code] as const];
    if (faultOf(code) === "provider") begin(set, "ccr_provider_errors_total", row);
    if (!errorTable[code].mayFailOver) continue;
    begin(set, "ccr_retries_total", row);
    begin(set, "ccr_failovers_total", row);
  }
  for (const state of valuesOf(labels.breakerState)) {
    begin(set, "ccr_circuit_breaker_transitions_total", [label, [labels.breakerState, state]]);
  }
  begin(set, "ccr_active_connections", [label]);
  for (const decision of valuesOf(labels.toolDecision)) {
    begin(set, "ccr_tool_decisions_total", [label, [labels.toolDecision, decision]]);
  }
  for (const result of valuesOf(labels.toolResult))
    begin(set, "ccr_tool_results_total", [label, [labels.toolResult, result]]);
}

/** Of every budget that there can be: its first event may be its only one, and the one that matters. */
function beginBudgetSeries(set: MetricSet): void {
  for (const scope of valuesOf(labels.budgetScope)) {
    for (const window of valuesOf(labels.budgetWindow)) {
      const budget = [[labels.budgetScope, scope] as const, [labels.budgetWindow, window] as const];
      begin(set, "ccr_budget_refusals_total", budget);
      for (const event of valuesOf(labels.budgetEvent)) {
        begin(set, "ccr_budget_events_total", [[labels.budgetEvent, event], ...budget]);
      }
    }
  }
}

/** Also of a model that is known only now: its first failure comes later. */
export function beginTargetSeries(set: MetricSet, provider: string, model: string): void {
  const target = [[labels.provider, provider] as const, [labels.model, model] as const];
  for (const status of valuesOf(labels.attemptStatus)) {
    begin(set, "ccr_provider_requests_total", [...target, [labels.attemptStatus, status]]);
  }
}

function beginCacheSeries(set: MetricSet, level: string): void {
  const label = [labels.cacheLevel, level] as const;
  for (const result of valuesOf(labels.lookupResult)) {
    begin(set, "ccr_cache_lookups_total", [label, [labels.lookupResult, result]]);
  }
  set.setGauge("ccr_cache_hit_ratio", Number.NaN, ...set.idsOf([label]));
}

/** All values of a label whose list is closed. */
function valuesOf({ source }: LabelDefinition): readonly string[] {
  return source.kind === "closed" ? source.values : [];
}

/** Begins a series, where there is room for it. */
function begin(set: MetricSet, name: string, values: LabelValues): void {
  set.series(name).beginAtZero(...set.idsOf(values));
}

/** Admits a configuration's names for a label; those that left it take their series with them. */
function takeOver(set: MetricSet, label: LabelDefinition, values: readonly string[]): void {
  const always = label.source.kind === "configured" ? label.source.always : [];
  const domain = set.domain(label);
  const gone = domain.retain(new Set([...always, ...values]));
  if (gone.size > 0) set.removeWhere(label, (id) => gone.has(id));
  for (const value of values) domain.add(value);
}

/** Shows which version runs. */
export function showBuild(set: MetricSet, version: string): void {
  const ids = [set.domain(labels.version).add(version), set.domain(labels.nodeVersion).add(process.version)] as const;
  set.setGauge("ccr_build_info", 1, ...ids);
}
