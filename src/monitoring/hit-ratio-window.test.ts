import assert from "node:assert/strict";
import { test } from "node:test";
import { HitRatioWindow } from "./hit-ratio-window.ts";

test("the ratio is that of the last ten minutes, NaN where nothing was looked up in them", () => {
  const window = new HitRatioWindow();
  assert.ok(Number.isNaN(window.ratio(0, 0, 0)));
  assert.equal(window.ratio(9, 1, 60_000), 0.9);
  for (let at = 120_000; at <= 540_000; at += 60_000) window.ratio(9, 1, at);
  assert.equal(window.ratio(9, 11, 600_000), 9 / 20);
  assert.equal(window.ratio(9, 11, 900_000), 0);
  for (let at = 960_000; at <= 1_500_000; at += 60_000) window.ratio(9, 11, at);
  assert.ok(Number.isNaN(window.ratio(9, 11, 1_560_000)));
});

test("totals that fall, as those of all workers do where one ends, begin a new window: the ratio stays one", () => {
  const window = new HitRatioWindow();
  assert.equal(window.ratio(50, 50, 60_000), 0.5);
  assert.ok(Number.isNaN(window.ratio(90, 20, 120_000)), "misses fell, though hits and lookups grew");
  assert.equal(window.ratio(91, 23, 180_000), 0.25);
  assert.ok(Number.isNaN(window.ratio(10, 40, 240_000)), "hits fell");
  assert.equal(window.ratio(13, 41, 300_000), 0.75);
});
