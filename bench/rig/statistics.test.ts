import assert from "node:assert/strict";
import { test } from "node:test";
import { median, quantile, slopeOf } from "./statistics.ts";

test("the median of an even count lies between its two middle values", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([9, 1, 5]), 5);
});

test("quantiles interpolate and end at the extremes", () => {
  assert.equal(quantile([10, 20, 30], 0), 10);
  assert.equal(quantile([10, 20, 30], 1), 30);
  assert.equal(quantile([10, 20, 30], 0.75), 25);
});

test("no values give NaN, not a made-up zero", () => {
  assert.ok(Number.isNaN(median([])));
  assert.ok(Number.isNaN(slopeOf([]).perUnit));
});

test("the slope of a straight line is exact and certain", () => {
  const { perUnit, standardError } = slopeOf([1, 2, 3, 4].map((x) => ({ x, y: 3 * x + 7 })));
  assert.ok(Math.abs(perUnit - 3) < 1e-12);
  assert.ok(standardError < 1e-12);
});

test("noise widens a slope's error", () => {
  const points = [0, 1, 2, 3, 4, 5].map((x) => ({ x, y: x + (x % 2 === 0 ? 2 : -2) }));
  assert.ok(slopeOf(points).standardError > 0.3);
});
