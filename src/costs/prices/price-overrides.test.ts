import assert from "node:assert/strict";
import { test } from "node:test";
import { compileOverrides } from "./price-overrides.ts";
import type { PriceOverride } from "../../core/money-settings.ts";

const november = Date.parse("2026-11-20T12:00:00Z");
const target = { provider: "p", model: "m-1" };

function override(changes: Partial<PriceOverride>): PriceOverride {
  return { provider: "p", model: "m-1", ...changes };
}

/** What `overrides` state for an input token of `target`, in pico-dollars; null where nothing lies over the list. */
function inputOf(overrides: readonly PriceOverride[], contextTokens = 0, atMs = november): number | null | undefined {
  const overlay = compileOverrides(overrides)(target, null)(atMs, contextTokens);
  return overlay === null ? null : overlay.prices.uncachedInput;
}

test("an override holds for its provider's model and no other", () => {
  assert.equal(inputOf([override({ inputUsdPerMillion: 1 })]), 1_000_000);
  assert.equal(inputOf([override({ provider: "q", inputUsdPerMillion: 1 })]), null);
  assert.equal(inputOf([override({ model: "m-2", inputUsdPerMillion: 1 })]), null);
  assert.equal(inputOf([override({ model: "n-*", inputUsdPerMillion: 1 })]), null);
  assert.equal(inputOf([override({ provider: "*", model: "m-*", inputUsdPerMillion: 1 })]), 1_000_000);
});

test("a prompt pays the highest tier that it is longer than, in whatever order they are written", () => {
  const tiers = [
    override({ aboveContextTokens: 200, inputUsdPerMillion: 3 }),
    override({ inputUsdPerMillion: 1 }),
    override({ aboveContextTokens: 0, inputUsdPerMillion: 2 }),
  ];
  for (const written of [tiers, tiers.toReversed()]) {
    const paid = [0, 1, 200, 201].map((tokens) => inputOf(written, tokens));
    assert.deepEqual(paid, [1_000_000, 2_000_000, 2_000_000, 3_000_000]);
  }
});

test("the prices of a tier name the length of prompt from which it holds", () => {
  const select = compileOverrides([override({ aboveContextTokens: 200 }), override({})])(target, null);
  const named = [200, 201].map((tokens) => select(november, tokens)?.prices.aboveContextTokens);
  assert.deepEqual(named, [undefined, 200]);
});

test("of the overrides that hold by now the newest wins; one without a date is the oldest", () => {
  const written = [
    override({ from: "2026-11-01", inputUsdPerMillion: 2 }),
    override({ inputUsdPerMillion: 1 }),
    override({ from: "2026-11-20T12:00:00Z", inputUsdPerMillion: 3 }),
  ];
  assert.equal(inputOf(written, 0, Date.parse("2026-10-31")), 1_000_000);
  assert.equal(inputOf(written, 0, Date.parse("2026-11-01")), 2_000_000);
  assert.equal(inputOf(written, 0, november - 1), 2_000_000);
  assert.equal(inputOf(written, 0, november), 3_000_000);
});

test("a request to a provider's own tool is priced in whole nano-dollars", () => {
  const select = compileOverrides([override({ serverToolRequestUsd: 0.0100000007 })])(target, null);
  assert.equal(select(november, 0)?.prices.serverToolRequest, 10_000_001);
});
