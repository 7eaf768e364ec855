import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { silentLogger } from "../core/logging.ts";
import { totalInput } from "../core/usage.ts";
import type { Usage } from "../core/usage.ts";
import { costOfUsage } from "./cost-of-usage.ts";
import { createPriceBook } from "./price-book.ts";

interface PageCase {
  readonly source: string;
  readonly provider: string;
  readonly model: string;
  readonly at: string;
  readonly usage: Usage;
  readonly usd: string;
}

const cases = JSON.parse(
  readFileSync(new URL("./testdata/price-pages.json", import.meta.url), "utf8"),
) as readonly PageCase[];

const book = createPriceBook(
  {
    multiplier: 1,
    unknownModel: { inputUsdPerMillion: 10, outputUsdPerMillion: 50 },
    overrides: [],
    providerKinds: {},
  },
  silentLogger,
);

test("at least 40 examples come from the providers' price pages", () => {
  assert.ok(cases.length >= 40);
});

for (const [index, example] of cases.entries()) {
  test(`price page example ${index}: ${example.model} costs ${example.usd} USD (${example.source})`, () => {
    const atMs = Date.parse(example.at);
    const prices = book.pricesFor(example, atMs, totalInput(example.usage));
    assert.equal(prices.source, "catalog");
    const cost = costOfUsage(example.usage, prices).nanoUsd;
    assert.ok(Math.abs(cost / 1e9 - Number(example.usd)) <= 1e-9, `${cost} nano-dollars`);
  });
}
