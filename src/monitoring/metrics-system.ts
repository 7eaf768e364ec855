/**
 * The metrics of the router: one object that counts, measures and shows.
 *
 * `observeCall` takes the record of a finished call and serves nearly every metric; the single methods are for what
 * is no call, and for programs that use this class alone. Nothing here is global: the prom-client registry comes
 * in, and `close` ends all that runs.
 */
import type { Registry } from "prom-client";
import PromRegistry from "prom-client/lib/registry.js";
import { systemClock } from "../core/time/clock.ts";
import type { Clock } from "../core/time/clock.ts";
import type { Logger } from "../core/log/logging.ts";
import { silentLogger } from "../core/log/logging.ts";
import { nanoUsdFromUsd } from "../core/money.ts";
import type { CallRecord } from "../core/record.ts";
import { CallObserver, statusLabel } from "./call-observer.ts";
import * as labels from "./catalog/labels.ts";
import type { LabelDefinition } from "./catalog/metric-definition.ts";
import { metricCatalog } from "./catalog/metric-catalog.ts";
import { beginTargetSeries, configureSeries, showBuild } from "./configured-series.ts";
import type { MetricsConfiguration } from "./configured-series.ts";
import { LearnedModels } from "./learned-models.ts";
import { SourceCollector } from "./metric-sources.ts";
import type { BreakerState, CacheLevel, MetricSources } from "./metric-sources.ts";
import { registerSeries, renderRegistry } from "./prometheus.ts";
import { chooseFormat, contentTypes } from "./series/exposition.ts";
import type { ExpositionFormat } from "./series/exposition.ts";
import { MetricSet } from "./series/metric-set.ts";
import type { MetricsSnapshot } from "./series/merge-snapshots.ts";
import { UserLabels } from "./series/user-labels.ts";
import { StepObserver } from "./step-observer.ts";
import { SystemMetrics } from "./process/system-metrics.ts";

export interface MetricsSystemOptions {
  /** Where the metrics are registered, beside any of others. A new one if left out. */
  readonly registry?: Registry;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** How many users get a `user_id` of their own. */
  readonly userLabelLimit?: number;
  /** Folders whose disks are watched. */
  readonly folders?: readonly string[];
  /** The router's version, for ccr_build_info. */
  readonly version?: string;
  /**
   * The names that labels may hold. Without it, and until `configure` is called, providers, models, routes and tiers
   * told to the single methods are taken as they come, up to the limits of docs/metrics.md.
   */
  readonly configuration?: MetricsConfiguration;
  readonly sources?: MetricSources;
}

export class EnhancedMetricsSystem {
  readonly registry: Registry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #set: MetricSet;
  readonly #users: UserLabels;
  readonly #observer: CallObserver;
  readonly #stepObserver: StepObserver;
  readonly #system: SystemMetrics;
  readonly #collector: SourceCollector;
  readonly #learnedModels = new LearnedModels();
  #sources: MetricSources;
  #isConfigured = false;

  constructor(options: MetricsSystemOptions = {}) {
    this.registry = options.registry ?? new PromRegistry();
    this.#clock = options.clock ?? systemClock;
    this.#logger = (options.logger ?? silentLogger).child({ component: "metrics" });
    const userLimit = options.userLabelLimit ?? 50;
    this.#set = new MetricSet(userLimit);
    this.#users = new UserLabels(this.#set.domain(labels.userId), userLimit);
    this.#observer = new CallObserver(this.#set, this.#users);
    this.#stepObserver = new StepObserver(this.#set);
    this.#system = new SystemMetrics(this.#set, this.#clock, options.folders ?? [process.cwd()]);
    this.#collector = new SourceCollector(this.#set);
    this.#sources = options.sources ?? {};
    this.configure(options.configuration ?? {});
    this.#isConfigured = options.configuration !== undefined;
    showBuild(this.#set, options.version ?? "unknown");
    registerSeries(this.registry, this.#set, () => this.#collect());
  }

  /** Takes over the names of a configuration: their series begin at zero, those of providers that are gone end. */
  configure(configuration: MetricsConfiguration): void {
    const targets = [...(configuration.targets ?? []), ...this.#learnedModels.of(configuration.providers ?? [])];
    configureSeries(this.#set, { ...configuration, targets });
    this.#isConfigured = true;
  }

  /** How late timers are of late: 99th percentile in milliseconds. */
  recentEventLoopLagMs(): number {
    return this.#system.recentLagMs();
  }

  /** Sets the running parts that are asked at each scrape. */
  connect(sources: MetricSources): void {
    this.#sources = sources;
  }

  /** Counts a finished call in every metric that it concerns. Never throws: a metric must not harm a call. */
  observeCall(record: CallRecord): void {
    try {
      this.#learnModel(record);
      this.#observer.observe(record);
      this.#stepObserver.observe(record);
    } catch (error) {
      this.#logger.error({ error, callId: record.id }, "the metrics of a call were lost");
    }
  }

  incrementRequest(method: string, route: string, statusCode: number, provider: string, userTier: string): void {
    this.#set.count(
      "ccr_requests_total",
      1,
      this.#id(labels.method, method),
      this.#name(labels.route, route),
      statusLabel(this.#set.domain(labels.statusCode), statusCode),
      this.#name(labels.provider, provider),
      this.#name(labels.userTier, userTier),
    );
  }

  /** `duration` in seconds. */
  observeRequestDuration(
    method: string,
    route: string,
    provider: string,
    cacheStatus: "hit" | "miss",
    duration: number,
  ): void {
    this.#set.observe(
      "ccr_request_duration_seconds",
      duration,
      this.#id(labels.method, method),
      this.#name(labels.route, route),
      this.#name(labels.provider, provider),
      this.#id(labels.cacheStatus, cacheStatus),
    );
  }

  incrementProviderRequest(provider: string, model: string, status: "success" | "error"): void {
    const ids = [...this.#target(provider, model), this.#id(labels.attemptStatus, status)] as const;
    this.#set.count("ccr_provider_requests_total", 1, ...ids);
  }

  /** `latency` in seconds. */
  observeProviderLatency(provider: string, model: string, latency: number): void {
    this.#set.observe("ccr_provider_latency_seconds", latency, ...this.#target(provider, model));
  }

  /** `errorType`: a code of the error table; anything else is `_other`. */
  incrementProviderError(provider: string, errorType: string): void {
    const ids = [this.#name(labels.provider, provider), this.#id(labels.errorType, errorType)] as const;
    this.#set.count("ccr_provider_errors_total", 1, ...ids);
  }

  /** `healthScore` from 0 to 1. */
  setProviderHealth(provider: string, healthScore: number): void {
    this.#set.setGauge("ccr_provider_health_score", healthScore, this.#name(labels.provider, provider));
  }

  /** `cost` in US dollars. Throws RangeError on what is not finite. */
  incrementCost(provider: string, model: string, userId: string, cost: number): void {
    const nanoUsd = nanoUsdFromUsd(cost);
    const ids = [...this.#target(provider, model), this.#users.observe(userId, nanoUsd)] as const;
    this.#set.count("ccr_cost_total_usd", nanoUsd, ...ids);
  }

  /** `quality` from 0 to 1. */
  observeQuality(provider: string, model: string, contentType: string, quality: number): void {
    const ids = [...this.#target(provider, model), this.#id(labels.contentType, contentType)] as const;
    this.#set.observe("ccr_response_quality_score", quality, ...ids);
  }

  /** `ratio` from 0 to 1. */
  setCacheHitRatio(level: CacheLevel, ratio: number): void {
    this.#set.setGauge("ccr_cache_hit_ratio", ratio, this.#id(labels.cacheLevel, level));
  }

  setActiveConnections(provider: string, count: number): void {
    this.#set.setGauge("ccr_active_connections", count, this.#name(labels.provider, provider));
  }

  /** `score` from 0 to 1. */
  setUserSatisfaction(userTier: string, provider: string, score: number): void {
    const ids = [this.#name(labels.userTier, userTier), this.#name(labels.provider, provider)] as const;
    this.#set.setGauge("ccr_user_satisfaction_score", score, ...ids);
  }

  incrementToolDecision(provider: string, decision: "accept" | "reject"): void {
    const ids = [this.#name(labels.provider, provider), this.#id(labels.toolDecision, decision)] as const;
    this.#set.count("ccr_tool_decisions_total", 1, ...ids);
  }

  incrementToolResult(provider: string, result: "success" | "failure"): void {
    const ids = [this.#name(labels.provider, provider), this.#id(labels.toolResult, result)] as const;
    this.#set.count("ccr_tool_results_total", 1, ...ids);
  }

  incrementBreakerTransition(provider: string, state: BreakerState): void {
    // Values of labels have underscores.
    const value = state === "half-open" ? "half_open" : state;
    const ids = [this.#name(labels.provider, provider), this.#id(labels.breakerState, value)] as const;
    this.#set.count("ccr_circuit_breaker_transitions_total", 1, ...ids);
  }

  /** Counts a call that a budget refused; `window` is its period. */
  incrementBudgetRefusal(scope: string, window: string): void {
    const ids = [this.#id(labels.budgetScope, scope), this.#id(labels.budgetWindow, window)] as const;
    this.#set.count("ccr_budget_refusals_total", 1, ...ids);
  }

  /** Counts an event of a budget; `window` is its period. */
  incrementBudgetEvent(event: string, scope: string, window: string): void {
    const budget = [this.#id(labels.budgetScope, scope), this.#id(labels.budgetWindow, window)] as const;
    this.#set.count("ccr_budget_events_total", 1, this.#id(labels.budgetEvent, event), ...budget);
  }

  /** Tells how a load of the configuration ended. */
  observeConfigReload(result: "success" | "failure"): void {
    this.#set.count("ccr_config_reloads_total", 1, this.#id(labels.reloadResult, result));
    if (result === "success") this.observeConfigStart();
    else this.#set.setGauge("ccr_config_last_reload_successful", 0);
  }

  /** Tells that the configuration at hand is the one on disk, as it is at the start. */
  observeConfigStart(): void {
    this.#set.setGauge("ccr_config_last_reload_successful", 1);
    this.#set.setGauge("ccr_config_last_reload_timestamp_seconds", this.#clock.nowMs() / 1000);
  }

  /** All metrics as text, brought up to date. `format`: the Prometheus text format unless told otherwise. */
  async getMetrics(format: ExpositionFormat = "text"): Promise<string> {
    return renderRegistry(this.registry, format);
  }

  /** The answer to a scrape, in the format that its `Accept` header prefers. */
  async answerScrape(accept: string | undefined): Promise<{ readonly contentType: string; readonly body: string }> {
    const format = chooseFormat(accept);
    return { contentType: contentTypes[format], body: await this.getMetrics(format) };
  }

  /** This worker's values, for the one that shows all workers' as one (mergeSnapshots). */
  async snapshot(): Promise<MetricsSnapshot> {
    await this.#collect();
    return metricCatalog.map((definition) => ({ name: definition.name, rows: this.#set.view(definition).rows }));
  }

  /** Counters and histograms back to zero; the series stay. */
  async resetMetrics(): Promise<void> {
    this.registry.resetMetrics();
    this.#logger.info({}, "metrics reset");
  }

  /** Ends what runs between scrapes. */
  close(): void {
    this.#system.close();
  }

  async #collect(): Promise<void> {
    const changed = new Set(this.#users.rotate(this.#clock.monotonicMs()));
    if (changed.size > 0) this.#set.removeWhere(labels.userId, (id) => changed.has(id));
    this.#collector.collect(this.#sources, this.#clock.monotonicMs(), (source, error) =>
      this.#logger.error({ source, error }, "a source of metrics failed"),
    );
    await this.#system.collect();
  }

  #learnModel(record: CallRecord): void {
    if (record.target === null) return;
    const { provider, model } = record.target;
    const models = this.#set.domain(labels.model);
    if (models.idOf(model) !== 0 || !this.#learnedModels.learn(record)) return;
    models.add(model);
    beginTargetSeries(this.#set, provider, model);
  }

  #target(provider: string, model: string): [number, number] {
    return [this.#name(labels.provider, provider), this.#name(labels.model, model)];
  }

  /** A name for the single methods. With no configuration to say which there are, those that come first are admitted. */
  #name(label: LabelDefinition, value: string): number {
    const domain = this.#set.domain(label);
    return this.#isConfigured ? domain.idOf(value) : domain.add(value);
  }

  #id(label: LabelDefinition, value: string): number {
    return this.#set.domain(label).idOf(value);
  }
}
