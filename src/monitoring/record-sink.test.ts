import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logging.ts";
import { ProviderHealthTracker } from "./health/provider-health.ts";
import { EnhancedMetricsSystem } from "./metrics-system.ts";
import { PerformanceMonitor } from "./performance-monitor.ts";
import { createRecordSink } from "./record-sink.ts";
import { sampleRecord } from "./sample-record.test.ts";
import { CallTracing } from "./tracing/call-tracing.ts";

test("a record reaches every part, even when the log fails", () => {
  const metrics = new EnhancedMetricsSystem({ configuration: { providers: ["anthropic"] } });
  const tracing = new CallTracing({ sampleRatio: 1 });
  const health = new ProviderHealthTracker(systemClock, () => ({ breakers: [], credentials: [] }));
  health.configure(["anthropic"]);
  const performance = new PerformanceMonitor();
  const problems: unknown[] = [];
  const logger = { ...silentLogger, child: () => logger, error: (fields: object) => void problems.push(fields) };
  const callLog = (): void => {
    throw new Error("disk full");
  };
  const sink = createRecordSink({ metrics, callLog, tracing, health, performance, logger });
  sink(sampleRecord({ steps: [{ name: "plan-route", startedAfterMs: 0, durationMs: 2 }] }));
  assert.equal(tracing.store.list().recent.length, 1);
  assert.equal(health.read()[0]?.attempts, 1);
  assert.equal(performance.getOperationStats("plan-route")?.count, 1);
  assert.equal(problems.length, 1);
  metrics.close();
});
