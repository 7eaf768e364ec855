import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { silentLogger } from "../../core/log/logging.ts";
import { totalInput } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";
import { costOfUsage } from "../cost-of-usage.ts";
import { createPriceBook } from "./price-book.ts";

interface PageCase {
  readonly source: string;
  readonly provider: string;
  readonly model: string;
  readonly at: string;
  /** US dollars as the page has them: a million tokens, a thousand searches. */
  readonly pagePrices: Readonly<Partial<Record<"in" | "read" | "w5" | "w1" | "out" | "search", number>>>;
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

/** The page's own prices times the counts: nothing of the router's in it. */
function fromPage({ pagePrices, usage }: PageCase): number {
  const { in: input = 0, read = input, w5 = input, w1 = input, out = 0, search = 0 } = pagePrices;
  const tokens =
    usage.uncachedInput * input + usage.cacheRead * read + usage.cacheWrite5m * w5 + usage.cacheWrite1h * w1;
  return (tokens + usage.output * out) / 1e6 + (usage.serverToolRequests * search) / 1e3;
}

test("what an example costs is what its page's prices make, and every example names its page", () => {
  for (const example of cases) {
    assert.ok(Math.abs(fromPage(example) - Number(example.usd)) <= 1e-9, example.model);
    assert.match(example.source, /^https:\/\//);
  }
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
