import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { QuantileSketch } from "./quantile-sketch.ts";

function sketchOf(amounts: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const amount of amounts) sketch.add(amount);
  return sketch;
}

test("an amount comes back never too low and at most 10 % too high, whatever its size", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_001, max: 1_700_000_000_000 }), (amount) => {
      const found = sketchOf([amount]).quantile(1);
      assert.ok(found >= amount && found <= amount * 1.1 + 1, `${amount} came back as ${found}`);
    }),
  );
});

test("amounts beyond both ends count as the smallest and the largest", () => {
  for (const amount of [-5, 0, 999, 1_000, Number.NaN]) assert.equal(sketchOf([amount]).quantile(1), 1_000);
  const largest = sketchOf([1e15]).quantile(1);
  assert.equal(sketchOf([1e300]).quantile(1), largest);
  assert.ok(largest > 1.7e12);
});

test("nothing is known of no amounts", () => {
  assert.deepEqual([sketchOf([]).count, sketchOf([]).quantile(0.95)], [0, 0]);
});

test("the quantile is that of the amount at its rank", () => {
  const sketch = sketchOf([1_000, 2_000_000, 2_000_000, 4_000_000_000]);
  const [smallest, middle, largest] = [sketchOf([1_000]), sketchOf([2_000_000]), sketchOf([4_000_000_000])];
  assert.equal(sketch.quantile(0), smallest.quantile(1));
  assert.equal(sketch.quantile(0.25), smallest.quantile(1));
  assert.equal(sketch.quantile(0.26), middle.quantile(1));
  assert.equal(sketch.quantile(0.75), middle.quantile(1));
  assert.equal(sketch.quantile(0.76), largest.quantile(1));
});

test("the 512th amount halves all weights, so that half as many new ones outweigh the old", () => {
  const sketch = sketchOf(Array(511).fill(1_000));
  assert.equal(sketch.count, 511);
  sketch.add(1_000);
  assert.equal(sketch.count, 256);
  for (let time = 0; time < 255; time++) sketch.add(1_000_000);
  assert.equal(sketch.quantile(0.5), 1_000);
  sketch.add(1_000_000);
  assert.equal(sketch.count, 256);
  sketch.add(1_000_000);
  assert.ok(sketch.quantile(0.5) >= 1_000_000);
});
