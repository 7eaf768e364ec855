import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LogHistogram, relativeError } from "./log-histogram.ts";

const durations = fc.array(fc.double({ min: 0.001, max: 10_000_000, noNaN: true }), { minLength: 1, maxLength: 200 });

function histogramOf(values: readonly number[]): LogHistogram {
  const histogram = new LogHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

test("a quantile is off by at most the stated relative error", () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const sorted = [...values].sort((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;
      const estimate = histogramOf(values).quantile(q);
      assert.ok(Math.abs(estimate - exact) <= exact * relativeError * 1.000001, `${estimate} for ${exact}`);
    }),
  );
});

test("quantiles never fall as the share grows, and stay between the smallest and the largest value", () => {
  fc.assert(
    fc.property(durations, (values) => {
      const histogram = histogramOf(values);
      let before = histogram.min;
      for (let q = 0; q <= 1; q += 0.05) {
        const quantile = histogram.quantile(q);
        assert.ok(quantile >= before && quantile <= histogram.max);
        before = quantile;
      }
    }),
  );
});

test("merged histograms say what one histogram of all values says", () => {
  fc.assert(
    fc.property(durations, durations, (one, other) => {
      const merged = histogramOf(one);
      merged.merge(histogramOf(other));
      const whole = histogramOf([...one, ...other]);
      for (const q of [0, 0.5, 0.95, 1]) assert.equal(merged.quantile(q), whole.quantile(q));
      assert.deepEqual([merged.count, merged.min, merged.max], [whole.count, whole.min, whole.max]);
    }),
  );
});

test("what is no duration is left out, and an empty histogram answers zeros", () => {
  const histogram = histogramOf([Number.NaN, -1]);
  assert.deepEqual(
    [histogram.count, histogram.mean, histogram.min, histogram.max, histogram.quantile(0.5)],
    [0, 0, 0, 0, 0],
  );
});
