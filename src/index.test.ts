/** What the operations guide names is exported under its name, with its type. That this file compiles is half of the test. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import {
  CostOptimizer,
  EnhancedMetricsSystem,
  MonitorPerformance,
  monitored,
  PerformanceMonitor,
  StructuredLogger,
} from "./index.ts";
import type {
  BudgetStatus,
  CostContext,
  CostMetrics,
  CostOptimizationConfig,
  CostRecommendation,
  CostRecord,
  CostReport,
  CostSavings,
  CostTrends,
  OperationStats,
  PerformanceProfile,
  PerformanceThresholds,
  ProviderRanking,
} from "./index.ts";

/** Each type of the guide by a field that it must have. */
interface GuideTypes {
  readonly budgetStatus: keyof BudgetStatus;
  readonly context: keyof CostContext;
  readonly metrics: keyof CostMetrics;
  readonly recommendation: keyof CostRecommendation;
  readonly record: keyof CostRecord;
  readonly report: keyof CostReport;
  readonly savings: keyof CostSavings;
  readonly trends: keyof CostTrends;
  readonly ranking: keyof ProviderRanking;
  readonly profile: keyof PerformanceProfile;
  readonly thresholds: keyof PerformanceThresholds;
  readonly stats: keyof OperationStats;
}

const fields: GuideTypes = {
  budgetStatus: "daily",
  context: "tokenCount",
  metrics: "totalCost",
  recommendation: "type",
  record: "timestamp",
  report: "trends",
  savings: "actualCost",
  trends: "dailyAverage",
  ranking: "reasoning",
  profile: "cpuUsage",
  thresholds: "maxMemoryIncrease",
  stats: "p95Duration",
};

const settings: CostOptimizationConfig = {
  budgets: { daily: 1, weekly: 5, monthly: 20 },
  costThresholds: { warning: 0.75, critical: 0.95 },
  optimizationStrategies: { cachingEnabled: true, smartRouting: true, budgetEnforcement: true, costAwareRouting: true },
};

test("the guide's optimizer has all its methods, and tells events", () => {
  const { prototype } = CostOptimizer;
  const methods = [
    "optimizeRoute",
    "estimateCost",
    "trackCost",
    "getBudgetStatus",
    "generateCostReport",
    "generateRecommendations",
    "checkBudgetLimits",
  ] as const;
  for (const method of methods) assert.equal(typeof prototype[method], "function", method);
  assert.ok(prototype instanceof EventEmitter);
  assert.deepEqual(Object.keys(settings), ["budgets", "costThresholds", "optimizationStrategies"]);
  assert.equal(Object.keys(fields).length, 12);
});

test("a function can be timed as docs/monitoring.md shows it", () => {
  const performance = new PerformanceMonitor();
  const timed = monitored(performance, "estimate", (tokens: number) => tokens * 2);
  assert.equal(timed(21), 42);
  assert.equal(performance.getOperationStats("estimate")?.count, 1);
});

test("the guide's monitoring classes and the logger are there too", () => {
  for (const one of [EnhancedMetricsSystem, PerformanceMonitor, MonitorPerformance, StructuredLogger]) {
    assert.equal(typeof one, "function");
  }
});
