import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { QuantileSketch } from "./quantile-sketch.ts";
import { costRangeOf, createExpectedCosts, defaultExpectedNanoUsd } from "./expected-cost.ts";

const wide = { leastNanoUsd: 0, mostNanoUsd: 1e12 };

test("with nothing known, the stated default is held", () => {
  assert.equal(createExpectedCosts().expect("ada", "m", wide), defaultExpectedNanoUsd);
});

test("a user's own calls to the model count before everybody's", () => {
  const costs = createExpectedCosts();
  for (let call = 0; call < 400; call++) costs.observe("bob", "m", 1_000_000);
  assert.ok(near(costs.expect("ada", "m", wide), 1_000_000));
  for (let call = 0; call < 19; call++) costs.observe("ada", "m", 50_000_000);
  assert.ok(near(costs.expect("ada", "m", wide), 1_000_000));
  costs.observe("ada", "m", 50_000_000);
  assert.ok(near(costs.expect("ada", "m", wide), 50_000_000));
  assert.equal(costs.expect("ada", "other", wide), defaultExpectedNanoUsd);
});

test("a hold is never below what the prompt costs at least, nor above the worst case", () => {
  const costs = createExpectedCosts();
  assert.equal(costs.expect("ada", "m", { leastNanoUsd: 0, mostNanoUsd: 5 }), 5);
  assert.equal(costs.expect("ada", "m", { leastNanoUsd: 7e9, mostNanoUsd: 9e9 }), 7e9);
});

test("19 of 20 calls cost no more than what is held", () => {
  const costs = createExpectedCosts();
  for (let call = 1; call <= 100; call++) costs.observe("ada", "m", call * 1_000_000);
  const held = costs.expect("ada", "m", wide);
  assert.ok(held >= 95_000_000 && held <= 95_000_000 * 1.1, String(held));
});

test("what calls cost long ago fades", () => {
  const sketch = new QuantileSketch();
  for (let call = 0; call < 500; call++) sketch.add(1e9);
  for (let call = 0; call < 4_000; call++) sketch.add(1e6);
  assert.ok(near(sketch.quantile(0.95), 1e6));
});

test("a quantile of the sketch is at most 10 % above the true one, and never below it", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1_000, max: 1e12 }), { minLength: 1, maxLength: 400 }), (amounts) => {
      const sketch = new QuantileSketch();
      for (const amount of amounts) sketch.add(amount);
      const sorted = [...amounts].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
      const found = sketch.quantile(0.95);
      assert.ok(found >= exact - 1 && found <= exact * 1.1 + 1, `${found} for ${exact}`);
    }),
  );
});

test("the range of a request runs from a wholly cached prompt to all that it may use", () => {
  const prices = {
    uncachedInput: 3_000_000,
    cacheRead: 300_000,
    cacheWrite5m: 3_750_000,
    cacheWrite1h: 6_000_000,
    output: 15_000_000,
    serverToolRequest: 0,
    source: "catalog" as const,
  };
  assert.deepEqual(costRangeOf(100_000, 1_000, prices), {
    leastNanoUsd: 30_000_000,
    mostNanoUsd: 600_000_000 + 15_000_000,
  });
});

test("the most that a request may cost is at the dearest kind of output: text, reasoning or audio", () => {
  const prices = {
    uncachedInput: 0,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    output: 10_000_000,
    serverToolRequest: 0,
    source: "catalog" as const,
  };
  for (const [dearer, mostNanoUsd] of [
    [{}, 10_000_000],
    [{ reasoning: 20_000_000 }, 20_000_000],
    [{ outputAudio: 64_000_000 }, 64_000_000],
    [{ outputAudio: 5_000_000 }, 10_000_000],
  ] as const)
    assert.equal(costRangeOf(100, 1_000, { ...prices, ...dearer }).mostNanoUsd, mostNanoUsd);
});

function near(found: number, exact: number): boolean {
  return found >= exact * 0.99 && found <= exact * 1.11;
}
