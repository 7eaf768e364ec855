import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppliedPrices } from "../core/record.ts";
import { zeroUsage } from "../core/usage.ts";
import { savingsOf } from "./savings.ts";

const prices: AppliedPrices = {
  uncachedInput: 3_000_000,
  cacheRead: 300_000,
  cacheWrite5m: 3_750_000,
  cacheWrite1h: 6_000_000,
  output: 15_000_000,
  serverToolRequest: 0,
  source: "catalog",
};
const cheap: AppliedPrices = { ...prices, uncachedInput: 1_000_000, cacheRead: 100_000, output: 5_000_000 };

test("reading the prompt cache saves against fresh input", () => {
  const usage = { ...zeroUsage, cacheRead: 1_000, output: 10 };
  const savings = savingsOf({ usage, prices, cacheStatus: "miss", unroutedPrices: null });
  assert.deepEqual(savings, { answerCache: 0, promptCache: 2_700_000, routing: 0 });
});

test("a cache write that nobody reads is a loss", () => {
  const usage = { ...zeroUsage, cacheWrite5m: 1_000 };
  const savings = savingsOf({ usage, prices, cacheStatus: "miss", unroutedPrices: null });
  assert.equal(savings.promptCache, -750_000);
});

test("an answer from the cache saves what the provider would have charged, and nothing twice", () => {
  const usage = { ...zeroUsage, cacheRead: 1_000, output: 10 };
  for (const cacheStatus of ["hit", "joined"] as const) {
    const savings = savingsOf({ usage, prices, cacheStatus, unroutedPrices: cheap });
    assert.deepEqual(savings, { answerCache: 450_000, promptCache: 0, routing: 0 });
  }
});

test("routing saves against the target that would have been taken", () => {
  const usage = { ...zeroUsage, uncachedInput: 1_000, output: 100 };
  const savings = savingsOf({ usage, prices: cheap, cacheStatus: "miss", unroutedPrices: prices });
  assert.equal(savings.routing, 4_500_000 - 1_500_000);
});

test("a further model's cached tokens save at its own price, and what it cost is saved by no routing", () => {
  const used = { ...zeroUsage, cacheRead: 1_000 };
  const usage = { ...zeroUsage, cacheRead: 3_000, furtherModels: [{ model: "m", usage: used }] };
  const furtherModels = [{ model: "m", prices: { ...prices, uncachedInput: 9_000_000, cacheRead: 1_000_000 } }];
  const question = { usage, prices: { ...prices, furtherModels }, unroutedPrices: { ...cheap, furtherModels } };
  const savings = savingsOf({ ...question, cacheStatus: "miss" });
  assert.deepEqual(savings, { answerCache: 0, promptCache: 2 * 2_700_000 + 8_000_000, routing: -2 * 200_000 });
});
