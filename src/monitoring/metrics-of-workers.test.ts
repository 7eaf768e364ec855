/** The metrics of several workers are shown as those of one process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../core/time/clock.ts";
import { sampleRecord } from "./sample-record.test.ts";
import { countsOf, renderMerged } from "./series/merge-snapshots.ts";
import { valueOf, withMetrics } from "./test-metrics.ts";

test("several workers are shown as one: counts added, gauges by their rule", async () => {
  await withMetrics((first) =>
    withMetrics(async (second) => {
      first.observeCall(sampleRecord());
      second.observeCall(sampleRecord());
      first.setProviderHealth("anthropic", 0.4);
      second.setProviderHealth("anthropic", 0.9);
      first.setCacheHitRatio("l1", 0.5);
      const snapshots = [await first.snapshot(), JSON.parse(JSON.stringify(await second.snapshot()))];
      const text = renderMerged(snapshots, "text");
      assert.equal(
        valueOf(text, 'ccr_cost_usd_total{provider="anthropic",model="claude-sonnet-5",user_id="ada"}'),
        0.0042,
      );
      assert.equal(valueOf(text, 'ccr_provider_health_score{provider="anthropic"}'), 0.4);
      assert.equal(valueOf(text, 'ccr_cache_hit_ratio{cache_level="l1"}'), 0.5);
      assert.ok(Number.isNaN(valueOf(text, 'ccr_cache_hit_ratio{cache_level="l2"}')));
      assert.equal(valueOf(text, 'ccr_router_overhead_seconds_count{route="/v1/messages"}'), 2);
    })(),
  )();
});

test("what a worker had counted stays counted when it is gone; its gauges go with it", async () => {
  await withMetrics((gone) =>
    withMetrics(async (left) => {
      for (const worker of [gone, left]) {
        worker.observeCall(sampleRecord());
        worker.setProviderHealth("anthropic", worker === gone ? 0.4 : 0.9);
      }
      const former = countsOf([JSON.parse(JSON.stringify(await gone.snapshot()))]);
      const text = renderMerged([former, await left.snapshot()], "text");
      const cpu = "process_cpu_seconds_total";
      const ofGone = valueOf(renderMerged([former], "text"), cpu) ?? 0;
      assert.ok(ofGone > 0 && (valueOf(text, cpu) ?? 0) >= 2 * ofGone); // both are this process
      assert.equal(valueOf(text, 'ccr_router_overhead_seconds_count{route="/v1/messages"}'), 2);
      assert.equal(valueOf(text, 'ccr_provider_health_score{provider="anthropic"}'), 0.9);
    })(),
  )();
});

test("of several workers, memory is that of the fullest against the limit of one, and the youngest's start is the start", async () => {
  const clock = createManualClock(1_700_000_000_000);
  const later = createManualClock(1_700_000_900_000);
  await withMetrics(
    (first) =>
      withMetrics(
        async (second) => {
          const [limit, start] = ['ccr_memory_usage_bytes{type="heap_limit"}', "process_start_time_seconds"];
          const young = await second.getMetrics();
          const text = renderMerged([await first.snapshot(), await second.snapshot()], "text");
          assert.equal(valueOf(text, limit), valueOf(young, limit));
          assert.equal(valueOf(text, start), valueOf(young, start));
        },
        { clock: later },
      )(),
    { clock },
  )();
});
