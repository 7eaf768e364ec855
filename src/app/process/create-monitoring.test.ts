import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../core/log/logging.ts";
import { createManualClock } from "../../core/time/clock.ts";
import { sampleRecord } from "../../monitoring/sample-record.test.ts";
import { PerformanceMonitor } from "../../monitoring/performance/performance-monitor.ts";
import { observeSteps } from "./create-monitoring.ts";

test("the operations of a call were last executed when it ended, in whole milliseconds", () => {
  const performance = new PerformanceMonitor(undefined, { clock: createManualClock(5), logger: silentLogger });
  observeSteps(performance, { ...sampleRecord(), startedAtMs: 1_000, durationMs: 20.4 });
  const seen = performance.getAllStats().map(({ operation, lastExecuted }) => [operation, lastExecuted]);
  assert.deepEqual(seen, [
    ["attempt", 1_020],
    ["call", 1_020],
  ]);
});
