/**
 * Prices that the package of price lists does not have yet, by list. They stand before the package's own: a name that one of
 * those means by its beginning is another model here. Each goes when the package has it, which price-lists.ts demands.
 */
import type { ListedModel } from "../src/costs/price-list.ts";

export const priceAdditions: Readonly<Record<string, readonly ListedModel[]>> = {
  anthropic: [
    // https://platform.claude.com/docs/en/models/haiku-5-5/overview: another card for prompts of more than 100,000 tokens.
    {
      id: "claude-haiku-5-5",
      match: { or: [{ starts_with: "claude-haiku-5-5" }, { starts_with: "claude-haiku-5.5" }] },
      prices: {
        input_mtok: { base: 0.1, tiers: [{ start: 100_000, price: 0.5 }] },
        cache_write_mtok: { base: 0.125, tiers: [{ start: 100_000, price: 0.625 }] },
        cache_read_mtok: { base: 0.01, tiers: [{ start: 100_000, price: 0.05 }] },
        output_mtok: { base: 0.5, tiers: [{ start: 100_000, price: 2.5 }] },
        cache_write_1h_mtok: { base: 0.2, tiers: [{ start: 100_000, price: 1 }] },
        web_searches_kcount: 10,
      },
    },
    // The same page, below its table: reading the cache costs 5 % of the input. The package takes it for claude-sonnet-5.
    {
      id: "claude-sonnet-5-5",
      match: { or: [{ starts_with: "claude-sonnet-5-5" }, { starts_with: "claude-sonnet-5.5" }] },
      prices: {
        input_mtok: 2,
        cache_write_mtok: 2.5,
        cache_read_mtok: 0.1,
        output_mtok: 10,
        cache_write_1h_mtok: 4,
        web_searches_kcount: 10,
      },
    },
  ],
};
