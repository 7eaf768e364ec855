/**
 * What /metrics asks of the running parts at each scrape, and how the answers become gauges. Pulling costs nothing
 * between scrapes, and a gauge that is read cannot be forgotten.
 */
import { usdFromNanoUsd } from "../core/money.ts";
import type { NanoUsd } from "../core/money.ts";
import type { Target } from "../core/target.ts";
import type { FullestBudget } from "./budget-use.ts";
import * as labels from "./catalog/labels.ts";
import type { LabelValues } from "./catalog/metric-definition.ts";
import { HitRatioWindow } from "./hit-ratio-window.ts";
import type { MetricSet } from "./series/metric-set.ts";

export type CacheLevel = "l1" | "l2";
export type BreakerState = "closed" | "half-open" | "open";

/** The running parts, each as a function that answers for this moment. A part that is not configured is left out. */
export interface MetricSources {
  readonly callsInFlight?: () => number;
  readonly activeConnections?: () => Iterable<{ readonly provider: string; readonly count: number }>;
  readonly upstream?: () => Iterable<UpstreamState>;
  readonly providerHealth?: () => Iterable<{ readonly provider: string; readonly score: number }>;
  readonly breakers?: () => Iterable<Target & { readonly state: BreakerState }>;
  readonly cacheLevels?: () => Iterable<CacheLevelStats>;
  /** What the answer cache has saved since the start. */
  readonly cacheSavings?: () => NanoUsd;
  readonly budgets?: () => BudgetStats;
  readonly dependencies?: () => Iterable<{ readonly name: string; readonly isUp: boolean; readonly buffered: number }>;
  readonly ledger?: () => { readonly failedWrites: number; readonly lostRows: number };
  readonly satisfaction?: () => Iterable<{ readonly tier: string; readonly provider: string; readonly score: number }>;
  readonly traces?: () => { readonly sent: number; readonly dropped: number };
  readonly logLines?: () => Readonly<Record<"debug" | "info" | "warn" | "error", number>>;
}

export interface UpstreamState {
  readonly provider: string;
  readonly sockets: number;
  readonly queued: number;
  /** When the certificate that it showed last ends, Unix milliseconds; null where none was seen. */
  readonly certificateExpiresAtMs: number | null;
}

export interface CacheLevelStats {
  readonly level: CacheLevel;
  /** Since the start. */
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly errors: number;
  /** null: only the server of that level knows. */
  readonly entries: number | null;
  readonly bytes: number | null;
}

export interface BudgetStats {
  readonly openHolds: number;
  readonly heldNanoUsd: NanoUsd;
  /** The fullest budget of each scope and window. */
  readonly used: Iterable<FullestBudget>;
}

const breakerValue: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };

/** Reads the sources into a set of metrics. */
export class SourceCollector {
  readonly #set: MetricSet;
  readonly #hitRatios: Readonly<Record<CacheLevel, HitRatioWindow>> = {
    l1: new HitRatioWindow(),
    l2: new HitRatioWindow(),
  };

  constructor(set: MetricSet) {
    this.#set = set;
  }

  /** Reads each source by itself: one that throws is told by `onError` and takes nothing from the others. */
  collect(sources: MetricSources, monotonicMs: number, onError: (source: string, error: unknown) => void): void {
    for (const [source, read] of Object.entries(this.#readers(sources, monotonicMs))) {
      try {
        read();
      } catch (error) {
        onError(source, error);
      }
    }
  }

  #readers(sources: MetricSources, monotonicMs: number): Readonly<Record<string, () => void>> {
    return {
      callsInFlight: () => this.#collectCalls(sources),
      upstream: () => this.#collectUpstream(sources),
      providers: () => this.#collectProviders(sources),
      cacheLevels: () => {
        for (const stats of sources.cacheLevels?.() ?? []) this.#collectCache(stats, monotonicMs);
        if (sources.cacheSavings !== undefined) this.#total("ccr_cache_saved_usd_total", [], sources.cacheSavings());
      },
      budgets: () => {
        if (sources.budgets !== undefined) this.#collectBudgets(sources.budgets());
      },
      dependencies: () => {
        for (const { name, isUp, buffered } of sources.dependencies?.() ?? []) {
          this.#gauge("ccr_dependency_up", [[labels.dependency, name]], isUp ? 1 : 0);
          this.#gauge("ccr_dependency_buffered_entries", [[labels.dependency, name]], buffered);
        }
      },
      own: () => this.#collectOwn(sources),
    };
  }

  #collectCalls({ callsInFlight, activeConnections }: MetricSources): void {
    if (callsInFlight !== undefined) this.#gauge("ccr_calls_in_flight", [], callsInFlight());
    if (activeConnections === undefined) return;
    // A provider without open exchanges may not be listed: it must not keep its last count.
    this.#set.setGauges(
      "ccr_active_connections",
      Array.from(activeConnections(), ({ provider, count }) => [[[labels.provider, provider]], count]),
    );
  }

  #collectUpstream({ upstream }: MetricSources): void {
    for (const { provider, sockets, queued, certificateExpiresAtMs } of upstream?.() ?? []) {
      this.#gauge("ccr_upstream_sockets", [[labels.provider, provider]], sockets);
      this.#gauge("ccr_upstream_queued", [[labels.provider, provider]], queued);
      if (certificateExpiresAtMs === null) continue;
      const expiry = certificateExpiresAtMs / 1000;
      this.#gauge("ccr_provider_certificate_expiry_timestamp_seconds", [[labels.provider, provider]], expiry);
    }
  }

  #collectProviders({ providerHealth, breakers, satisfaction }: MetricSources): void {
    for (const { provider, score } of providerHealth?.() ?? []) {
      this.#gauge("ccr_provider_health_score", [[labels.provider, provider]], score);
    }
    if (breakers !== undefined) {
      // A breaker that is no longer kept is closed.
      this.#set.setGauges(
        "ccr_circuit_breaker_state",
        Array.from(breakers(), (breaker) => [targetLabels(breaker), breakerValue[breaker.state]]),
      );
    }
    for (const { tier, provider, score } of satisfaction?.() ?? []) {
      const ids = this.#set.idsOf([[labels.userTier, tier] as const, [labels.provider, provider] as const]);
      // Names that left the configuration are all `_other`, id 0: one score cannot speak for several.
      if (!ids.includes(0)) this.#set.setGauge("ccr_user_satisfaction_score", score, ...ids);
    }
  }

  #collectCache(stats: CacheLevelStats, monotonicMs: number): void {
    const { level, hits, misses, evictions, errors, entries, bytes } = stats;
    const cacheLevel = [labels.cacheLevel, level] as const;
    this.#total("ccr_cache_lookups_total", [cacheLevel, [labels.lookupResult, "hit"]], hits);
    this.#total("ccr_cache_lookups_total", [cacheLevel, [labels.lookupResult, "miss"]], misses);
    this.#gauge("ccr_cache_hit_ratio", [cacheLevel], this.#hitRatios[level].ratio(hits, misses, monotonicMs));
    this.#total("ccr_cache_evictions_total", [cacheLevel], evictions);
    this.#total("ccr_cache_errors_total", [cacheLevel], errors);
    if (entries !== null) this.#gauge("ccr_cache_entries", [cacheLevel], entries);
    if (bytes !== null) this.#gauge("ccr_cache_size_bytes", [cacheLevel], bytes);
  }

  #collectBudgets({ openHolds, heldNanoUsd, used }: BudgetStats): void {
    this.#gauge("ccr_budget_open_holds", [], openHolds);
    this.#gauge("ccr_budget_held_usd", [], usdFromNanoUsd(heldNanoUsd));
    this.#set.gauge("ccr_budget_used_ratio").reset();
    this.#set.gauge("ccr_budget_forecast_ratio").reset();
    for (const { scope, window, ratio, forecastRatio } of used) {
      const row = [[labels.budgetScope, scope] as const, [labels.budgetWindow, window] as const];
      this.#gauge("ccr_budget_used_ratio", row, ratio);
      if (forecastRatio !== null) this.#gauge("ccr_budget_forecast_ratio", row, forecastRatio);
    }
  }

  #collectOwn(sources: MetricSources): void {
    if (sources.ledger !== undefined) {
      const { failedWrites, lostRows } = sources.ledger();
      this.#total("ccr_ledger_write_failures_total", [], failedWrites);
      this.#total("ccr_ledger_lost_rows_total", [], lostRows);
    }
    if (sources.traces !== undefined) {
      const { sent, dropped } = sources.traces();
      this.#total("ccr_traces_exported_total", [[labels.exportResult, "sent"]], sent);
      this.#total("ccr_traces_exported_total", [[labels.exportResult, "dropped"]], dropped);
    }
    for (const [level, count] of Object.entries(sources.logLines?.() ?? {})) {
      this.#total("ccr_log_lines_total", [[labels.logLevel, level]], count);
    }
    for (const [metric, count] of this.#set.overflows()) {
      this.#set.domain(labels.metric).add(metric);
      this.#total("ccr_metric_label_overflows_total", [[labels.metric, metric]], count);
    }
  }

  #gauge(name: string, values: LabelValues, value: number): void {
    this.#set.setGauge(name, value, ...this.#set.idsOf(values));
  }

  #total(name: string, values: LabelValues, value: number): void {
    this.#set.setTotal(name, value, ...this.#set.idsOf(values));
  }
}

function targetLabels({ provider, model }: Target): LabelValues {
  return [
    [labels.provider, provider],
    [labels.model, model],
  ];
}
