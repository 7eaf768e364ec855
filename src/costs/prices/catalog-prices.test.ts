/** What is charged where the lists leave something open: the lists change, so relations are promised and not amounts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppliedPrices } from "../../core/record.ts";
import { catalog } from "../../providers/catalog/catalog.ts";
import { findCatalogPrices } from "./catalog-prices.ts";
import { findListed } from "./price-list.ts";
import { pricesAt } from "./price-schedule.ts";

const november = Date.parse("2026-11-20T12:00:00Z");

function pricesOf(kind: string, model: string, contextTokens = 0): AppliedPrices {
  const schedule = findCatalogPrices(kind, model);
  assert.ok(schedule !== null, `${kind} lists ${model}`);
  return pricesAt(schedule, november, contextTokens);
}

test("what a Claude model writes to the cache costs 1.25 times its input, twice for an hour, at resellers too", () => {
  for (const [kind, model] of [
    ["openrouter", "anthropic/claude-3-opus"],
    ["gemini", "claude-3-5-sonnet"],
    ["anthropic", "claude-sonnet-4-5"],
  ] as const) {
    const { uncachedInput, cacheWrite5m, cacheWrite1h } = pricesOf(kind, model);
    assert.deepEqual([cacheWrite5m, cacheWrite1h], [uncachedInput * 1.25, uncachedInput * 2], model);
  }
});

test("what another model writes to the cache costs as its input, whatever the time, and what it reads no more", () => {
  const { uncachedInput, cacheRead, cacheWrite5m, cacheWrite1h } = pricesOf("openai", "gpt-4.1");
  assert.deepEqual([cacheWrite5m, cacheWrite1h], [uncachedInput, uncachedInput]);
  assert.ok(cacheRead > 0 && cacheRead < uncachedInput);
});

/** Nobody tells what they ask for these. */
const unpriced = [
  "together/zai-org/GLM-5.3",
  "together/zai-org/GLM-5.3-Flash",
  "nvidia/nvidia/nemotron-3-super-120b-a12b",
];

test("each model that the catalog names has a price", () => {
  const named = catalog
    .filter(({ retired }) => retired === null)
    .flatMap(({ kind, models, defaultModels }) =>
      [...models.map(({ name }) => name), ...Object.values(defaultModels ?? {})].map((name) => ({ kind, name })),
    );
  const missing = named.filter(({ kind, name }) => findCatalogPrices(kind, name) === null);
  assert.deepEqual([...new Set(missing.map(({ kind, name }) => `${kind}/${name}`))].sort(), [...unpriced].sort());
});

test("a local server's tokens and tools are free, and said to be", () => {
  const { source, ...prices } = pricesOf("ollama", "anything");
  assert.equal(source, "local");
  for (const price of Object.values(prices)) assert.equal(price, 0);
  assert.equal(Object.keys(prices).length, 6);
});

test("a model under a name that tells its maker, as resellers and Amazon Bedrock write it, costs what the maker asks", () => {
  for (const [name, kind, model] of [
    ["anthropic.claude-sonnet-5-5", "anthropic", "claude-sonnet-5-5"],
    ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic", "claude-sonnet-4-5"],
    ["anthropic/claude-opus-5", "anthropic", "claude-opus-5"],
    ["openai.gpt-4.1", "openai", "gpt-4.1"],
  ] as const) {
    assert.deepEqual(pricesOf("custom", name), pricesOf(kind, model), name);
  }
  assert.equal(findCatalogPrices("custom", "anthropic."), null);
});

test("a long prompt pays the higher tier, and the record says which", () => {
  const short = pricesOf("gemini", "gemini-2.5-pro", 200_000);
  const long = pricesOf("gemini", "gemini-2.5-pro", 200_001);
  assert.equal("aboveContextTokens" in short, false);
  assert.equal(long.aboveContextTokens, 200_000);
  assert.ok(long.uncachedInput > short.uncachedInput && long.output > short.output);
});

test("reasoning has a price of its own only where the list has one", () => {
  assert.ok((pricesOf("openrouter", "perplexity/sonar-deep-research").reasoning ?? 0) > 0);
  assert.equal("reasoning" in pricesOf("openai", "gpt-4.1"), false);
});

test("audio has a price of its own only where the list has one", () => {
  for (const model of ["gpt-audio", "gpt-4o-audio-preview-2025-06-03", "gpt-4o-mini-audio-preview"]) {
    const { inputAudio = 0, outputAudio = 0, uncachedInput, output } = pricesOf("openai", model);
    assert.ok(inputAudio > uncachedInput && outputAudio > output, model);
  }
  assert.equal("inputAudio" in pricesOf("openai", "gpt-4.1"), false);
});

test("a request to a provider's own search is priced by the thousand in the list, one by one here, and free only on local servers", () => {
  const model = "claude-sonnet-4-5";
  const listed = findListed("anthropic", model)?.model.prices;
  assert.ok(listed !== undefined && "web_searches_kcount" in listed);
  assert.equal(pricesOf("anthropic", model).serverToolRequest, Number(listed["web_searches_kcount"]) * 1_000_000);
  for (const unlisted of ["anthropic/claude-sonnet-4.5", "deepseek/deepseek-r1:free"]) {
    assert.equal(pricesOf("openrouter", unlisted).serverToolRequest, 10_000_000, unlisted);
  }
  assert.equal(pricesOf("ollama", "llama-3.3-70b-versatile").serverToolRequest, 0);
});

test("an empty name is no model's", () => {
  for (const kind of ["anthropic", "openrouter", "custom"]) assert.equal(findCatalogPrices(kind, " "), null);
});
