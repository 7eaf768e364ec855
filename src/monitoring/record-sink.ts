/** What happens with the record of a finished call in monitoring: metrics, log line, trace, health, steps. */
import type { Logger } from "../core/logging.ts";
import type { CallRecord } from "../core/record.ts";
import type { ProviderHealthTracker } from "./health/provider-health.ts";
import type { EnhancedMetricsSystem } from "./metrics-system.ts";
import type { PerformanceMonitor } from "./performance-monitor.ts";
import type { CallTracing } from "./tracing/call-tracing.ts";

export interface RecordSinkParts {
  readonly metrics: EnhancedMetricsSystem;
  /** createCallLog's function. */
  readonly callLog: (record: CallRecord) => void;
  readonly tracing: CallTracing;
  readonly health: ProviderHealthTracker;
  readonly performance: PerformanceMonitor;
  readonly logger: Logger;
}

/** Gives a record to each part by itself: one that fails takes nothing from the others, nor from the call. */
export function createRecordSink(parts: RecordSinkParts): (record: CallRecord) => void {
  const logger = parts.logger.child({ component: "monitoring" });
  const observers: Readonly<Record<string, (record: CallRecord) => void>> = {
    metrics: (record) => parts.metrics.observeCall(record),
    log: parts.callLog,
    traces: (record) => parts.tracing.observe(record),
    health: (record) => parts.health.observe(record),
    steps: (record) => {
      for (const step of record.steps ?? []) parts.performance.observe(step.name, step.durationMs);
    },
  };
  return (record) => {
    for (const [part, observe] of Object.entries(observers)) {
      try {
        observe(record);
      } catch (error) {
        logger.error({ error, part, callId: record.id }, "a finished call was not observed");
      }
    }
  };
}
