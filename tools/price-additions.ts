/**
 * Prices that the package of price lists does not have yet, by list. They stand before the package's own: a name that one of
 * those means by its beginning is another model here, and one with an id of the package's stands in for it. Each goes when the
 * package has it, all of its prices, which price-lists.ts demands.
 */
import type { ListedModel } from "../src/costs/prices/price-list.ts";

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
  cerebras: [
    // https://github.com/anomalyco/models.dev/pull/6199, by Cerebras.
    { id: "qwen-3.8-27b", match: { equals: "qwen-3.8-27b" }, prices: { input_mtok: 0.99, output_mtok: 1.49 } },
  ],
  deepseek: [
    // https://api-docs.deepseek.com/quick_start/pricing: twice as much at the peak, which weekends do not have.
    {
      id: "deepseek-flash",
      match: { equals: "deepseek-flash" },
      prices: [
        { prices: { input_mtok: 0.15, cache_read_mtok: 0.003, output_mtok: 0.6 } },
        ...[
          ["01:00:00Z", "04:00:00Z"],
          ["06:00:00Z", "10:00:00Z"],
        ].map(([start_time, end_time]) => ({
          constraint: { type: "time_of_date" as const, start_time: start_time!, end_time: end_time! },
          prices: { input_mtok: 0.3, cache_read_mtok: 0.006, output_mtok: 1.2 },
        })),
      ],
    },
  ],
  mistral: [
    // https://apidog.com/blog/mistral-large-4-api/: the list price; it is on sale for half.
    {
      id: "mistral-large-4",
      match: { starts_with: "mistral-large-4" },
      prices: { input_mtok: 1.36, output_mtok: 4.18 },
    },
  ],
  moonshotai: [
    // https://apidog.com/blog/kimi-k3-1-pro-api/.
    { id: "kimi-k3.1-pro", match: { equals: "kimi-k3.1-pro" }, prices: { input_mtok: 2, output_mtok: 10 } },
  ],
  openai: [
    // https://developers.openai.com/api/docs/models/gpt-6.1-terra: dearer for prompts of more than 272,000 tokens.
    {
      id: "gpt-6.1-terra",
      match: { starts_with: "gpt-6.1-terra" },
      prices: {
        input_mtok: { base: 1, tiers: [{ start: 272_000, price: 2 }] },
        cache_write_mtok: { base: 1.25, tiers: [{ start: 272_000, price: 2.5 }] },
        cache_read_mtok: { base: 0.05, tiers: [{ start: 272_000, price: 0.1 }] },
        output_mtok: { base: 5, tiers: [{ start: 272_000, price: 7.5 }] },
      },
    },
    // https://docs.litellm.ai/blog/gpt_6_1_sol.
    {
      id: "gpt-6.1-sol",
      match: { starts_with: "gpt-6.1-sol" },
      prices: { input_mtok: 2, cache_write_mtok: 2.5, cache_read_mtok: 0.1, output_mtok: 10 },
    },
    // https://developers.openai.com/api/docs/models/gpt-4o-audio-preview: the package lacks its prices of audio.
    {
      id: "gpt-4o-audio-preview",
      match: { starts_with: "gpt-4o-audio-preview" },
      prices: { input_mtok: 2.5, output_mtok: 10, input_audio_mtok: 40, output_audio_mtok: 80 },
    },
    // https://developers.openai.com/api/docs/models/gpt-4o-mini-audio-preview: likewise.
    {
      id: "gpt-4o-mini-audio-preview",
      match: { starts_with: "gpt-4o-mini-audio" },
      prices: { input_mtok: 0.15, output_mtok: 0.6, input_audio_mtok: 10, output_audio_mtok: 20 },
    },
  ],
  // Alibaba's models are looked up here: https://vercel.com/ai-gateway/models/qwen3.8-max-0902.
  openrouter: [
    {
      id: "qwen/qwen3.8-max",
      match: { starts_with: "qwen/qwen3.8-max" },
      prices: { input_mtok: 2, output_mtok: 6 },
    },
  ],
  "x-ai": [
    // https://github.com/BerriAI/litellm/discussions/42287: all twice as dear for prompts of more than 200,000 tokens.
    {
      id: "grok-4.7",
      match: { starts_with: "grok-4.7" },
      prices: {
        input_mtok: { base: 2, tiers: [{ start: 200_000, price: 4 }] },
        cache_read_mtok: { base: 0.5, tiers: [{ start: 200_000, price: 1 }] },
        output_mtok: { base: 6, tiers: [{ start: 200_000, price: 12 }] },
      },
    },
  ],
};
