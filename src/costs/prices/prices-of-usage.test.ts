import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../core/log/logging.ts";
import { zeroUsage } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";
import { createPriceBook } from "./price-book.ts";
import { pricesOfUsage } from "./prices-of-usage.ts";

const target = { provider: "work", model: "executor" };
const used = { ...zeroUsage, uncachedInput: 300_000 };

function bookOf() {
  return createPriceBook(
    {
      multiplier: 1,
      unknownModel: { inputUsdPerMillion: 10, outputUsdPerMillion: 50 },
      overrides: [
        { provider: "work", model: "executor", inputUsdPerMillion: 1 },
        { provider: "work", model: "executor", aboveContextTokens: 200_000, inputUsdPerMillion: 2 },
        { provider: "work", model: "advisor", inputUsdPerMillion: 5 },
        { provider: "work", model: "*", serviceTier: "priority", multiplier: 3 },
        { provider: "other", model: "advisor", inputUsdPerMillion: 7 },
      ],
      providerKinds: { work: "anthropic" },
    },
    silentLogger,
  );
}

test("a further model costs what it does at the same provider, in the same tier, by a prompt of its own", () => {
  const usage = { ...zeroUsage, uncachedInput: 400_000, furtherModels: [{ model: "advisor", usage: used }] };
  const prices = pricesOfUsage(bookOf(), { target, atMs: 0, usage });
  assert.equal(prices.uncachedInput, 1_000_000, "its own prompt is below the step");
  assert.deepEqual(
    prices.furtherModels?.map(({ model, prices: { uncachedInput } }) => [model, uncachedInput]),
    [["advisor", 5_000_000]],
  );
  const premium = pricesOfUsage(bookOf(), { target, atMs: 0, usage, serviceTier: "priority" });
  assert.deepEqual([premium.uncachedInput, premium.furtherModels?.[0]?.prices.uncachedInput], [3_000_000, 15_000_000]);
});

test("a further model without a known price costs what any unknown model does, and is told", () => {
  const book = bookOf();
  const usage = { ...zeroUsage, uncachedInput: 300_000, furtherModels: [{ model: "nobody-knows", usage: used }] };
  const prices = pricesOfUsage(book, { target, atMs: 0, usage }).furtherModels?.[0]?.prices;
  assert.deepEqual([prices?.source, prices?.uncachedInput], ["fallback", 10_000_000]);
  assert.deepEqual(
    book.unknownModels().map((unknown) => unknown.target),
    [{ provider: "work", model: "nobody-knows" }],
  );
});

test("several prompts in one call are priced by the longest of them, not by their sum", () => {
  const priceOf = (usage: Usage): number => pricesOfUsage(bookOf(), { target, atMs: 0, usage }).uncachedInput;
  assert.equal(priceOf({ ...used, longestPrompt: 180_000 }), 1_000_000);
  assert.equal(priceOf({ ...used, longestPrompt: 200_001 }), 2_000_000);
  const all = { ...zeroUsage, uncachedInput: 600_000, longestPrompt: 180_000 };
  assert.equal(priceOf({ ...all, furtherModels: [{ model: "advisor", usage: used }] }), 1_000_000);
});

test("a usage of the target alone has its prices and no others", () => {
  const prices = pricesOfUsage(bookOf(), { target, atMs: 0, usage: used });
  assert.equal(prices.uncachedInput, 2_000_000);
  assert.equal("furtherModels" in prices, false);
});
