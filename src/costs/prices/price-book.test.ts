import assert from "node:assert/strict";
import { test } from "node:test";
import { dayMs } from "../../core/time/durations.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { LogFields } from "../../core/log/log-fields.ts";
import type { Logger } from "../../core/log/logging.ts";
import { createPriceBook } from "./price-book.ts";
import type { PriceBook, PriceBookSettings } from "./price-book.ts";
import { pricesAt } from "./price-schedule.ts";

const sonnet = { provider: "anthropic", model: "claude-sonnet-5" };
const november = Date.parse("2026-11-20T12:00:00Z");

function createBook(settings: Partial<PriceBookSettings> = {}, logger: Logger = silentLogger): PriceBook {
  return createPriceBook(
    {
      multiplier: 1,
      unknownModel: { inputUsdPerMillion: 10, outputUsdPerMillion: 50 },
      overrides: [],
      providerKinds: {},
      ...settings,
    },
    logger,
  );
}

test("an unknown model has the stated price, is warned of once and is listed", () => {
  const warnings: LogFields[] = [];
  const book = createBook({}, { ...silentLogger, warn: (fields) => warnings.push(fields) });
  const target = { provider: "openai", model: "gpt-99-mystery" };
  for (let call = 0; call < 3; call++) {
    const prices = book.pricesFor(target, november, 10);
    assert.equal(prices.source, "fallback");
    assert.equal(prices.uncachedInput, 10_000_000);
    assert.equal(prices.cacheRead, 10_000_000);
    assert.deepEqual([prices.cacheWrite5m, prices.cacheWrite1h], [10_000_000, 10_000_000]);
    assert.equal(prices.output, 50_000_000);
    assert.equal(prices.serverToolRequest, 10_000_000, "a search costs a cent, as with those who name a price");
  }
  assert.deepEqual(warnings, [{ ...target, inputUsdPerMillion: 10, outputUsdPerMillion: 50 }]);
  const prices = book.pricesFor(target, november, 10);
  assert.deepEqual(book.unknownModels(), [{ target, prices, firstSeenAtMs: november }]);
});

test("of models that clients make up, a thousand are listed and warned of", () => {
  let warnings = 0;
  const book = createBook({}, { ...silentLogger, warn: () => warnings++ });
  for (let index = 0; index < 1_001; index++) {
    const prices = book.pricesFor({ provider: "openai", model: `made-up-${index}` }, november, 10);
    assert.equal(prices.source, "fallback");
  }
  assert.deepEqual([book.unknownModels().length, warnings], [1_000, 1_000]);
});

test("a provider is known that is configured, that an override names, or that is called as its kind", () => {
  const overrides = [{ provider: "gone", model: "*", inputUsdPerMillion: 1 }];
  const book = createBook({ providerKinds: { work: "openai" }, overrides });
  for (const name of ["work", "gone", "anthropic"]) assert.equal(book.knowsProvider(name), true, name);
  for (const name of ["strange", "toString"]) assert.equal(book.knowsProvider(name), false, name);
});

test("a provider is priced by its kind, whatever its name", () => {
  const book = createBook({ providerKinds: { work: "openai" } });
  const prices = book.pricesFor({ provider: "work", model: "gpt-5-2025-08-07" }, november, 10);
  assert.equal(prices.listedAs, "openai/gpt-5");
});

test("a custom provider's model costs what its maker asks", () => {
  const book = createBook({ providerKinds: { proxy: "custom" } });
  assert.equal(book.pricesFor({ provider: "proxy", model: "claude-opus-5" }, november, 0).uncachedInput, 5_000_000);
  assert.equal(book.pricesFor({ provider: "proxy", model: "openai/gpt-4.1" }, november, 0).uncachedInput, 2_000_000);
});

test("a local server costs nothing and says so; no other provider's model is free by accident", () => {
  const book = createBook();
  const local = book.pricesFor({ provider: "ollama", model: "qwen3:8b" }, november, 0);
  assert.deepEqual([local.output, local.source], [0, "local"]);
  const gap = book.pricesFor({ provider: "cerebras", model: "qwen-3-coder-480b" }, november, 0);
  assert.equal(gap.source, "fallback");
});

test("the multiplier scales the catalog's and the fallback's prices, and leaves overrides as written", () => {
  const book = createBook({
    multiplier: 1.1,
    overrides: [{ provider: "anthropic", model: "claude-sonnet-5", outputUsdPerMillion: 9 }],
  });
  const prices = book.pricesFor(sonnet, november, 0);
  assert.equal(prices.uncachedInput, 2_200_000);
  assert.equal(prices.output, 9_000_000);
  assert.equal(prices.source, "configuration");
  assert.equal(book.pricesFor({ provider: "openai", model: "nope" }, november, 0).uncachedInput, 11_000_000);
});

test("the multiplier scales prices of each date and each time of day", () => {
  const target = { provider: "deepseek", model: "deepseek-v4-pro" };
  const [usual, doubled] = [createBook(), createBook({ multiplier: 2 })];
  const outputs = ["2026-08-16T12:00:00Z", "2026-08-17T12:00:00Z", "2026-08-17T02:00:00Z"].map((at) => {
    const { output } = usual.pricesFor(target, Date.parse(at), 0);
    assert.equal(doubled.pricesFor(target, Date.parse(at), 0).output, 2 * output, at);
    return output;
  });
  assert.equal(new Set(outputs).size, 3);
});

test("an override names some dimensions, the others keep the catalog's price", () => {
  const book = createBook({
    overrides: [{ provider: "anthropic", model: "claude-*", inputUsdPerMillion: 1.5, cacheWrite1hUsdPerMillion: 2.25 }],
  });
  const prices = book.pricesFor(sonnet, november, 0);
  assert.deepEqual(
    [prices.uncachedInput, prices.cacheWrite1h, prices.cacheRead, prices.output],
    [1_500_000, 2_250_000, 200_000, 10_000_000],
  );
});

test("a written price of input or output holds for audio too, and a multiplier scales its price", () => {
  const target = { provider: "openai", model: "gpt-audio" };
  const audioUnder = (override: object): (number | undefined)[] => {
    const book = createBook({ overrides: [{ ...target, ...override }] });
    const { inputAudio, outputAudio } = book.pricesFor(target, november, 1000);
    return [inputAudio, outputAudio];
  };
  const [input = 0, output = 0] = audioUnder({});
  assert.deepEqual(audioUnder({ multiplier: 2 }), [2 * input, 2 * output]);
  assert.deepEqual(audioUnder({ inputUsdPerMillion: 0 }), [undefined, output]);
  assert.deepEqual(audioUnder({ outputUsdPerMillion: 0 }), [input, undefined]);
});

test("an exact model's override goes before a pattern's", () => {
  const book = createBook({
    overrides: [
      { provider: "*", model: "claude-sonnet-5", inputUsdPerMillion: 1 },
      { provider: "*", model: "*", inputUsdPerMillion: 7 },
    ],
  });
  assert.equal(book.pricesFor(sonnet, november, 0).uncachedInput, 1_000_000);
});

test("an override holds from its date on, and a newer one replaces it whole", () => {
  const book = createBook({
    overrides: [
      { provider: "anthropic", model: "claude-sonnet-5", inputUsdPerMillion: 1.8, from: "2026-06-01" },
      {
        provider: "anthropic",
        model: "claude-sonnet-5",
        inputUsdPerMillion: 4,
        aboveContextTokens: 200_000,
        from: "2026-06-01",
      },
      { provider: "anthropic", model: "claude-sonnet-5", inputUsdPerMillion: 1.6, from: "2026-11-01" },
    ],
  });
  const input = (at: string, contextTokens: number): number =>
    book.pricesFor(sonnet, Date.parse(at), contextTokens).uncachedInput;
  assert.equal(input("2026-05-31T23:59:59Z", 0), 2_000_000);
  assert.equal(input("2026-06-01T00:00:00Z", 200_000), 1_800_000);
  assert.equal(input("2026-06-01T00:00:00Z", 200_001), 4_000_000);
  assert.equal(input("2026-11-01T00:00:00Z", 200_001), 1_600_000);
});

test("an override that does not hold yet, or only for longer prompts, hides no other", () => {
  const book = createBook({
    overrides: [
      { provider: "*", model: "*", inputUsdPerMillion: 1 },
      { provider: "*", model: sonnet.model, from: "2026-12-01", inputUsdPerMillion: 2 },
      { provider: "*", model: sonnet.model, from: "2026-12-10", aboveContextTokens: 200_000, inputUsdPerMillion: 4 },
    ],
  });
  const input = (date: string, contextTokens: number): number =>
    book.pricesFor(sonnet, Date.parse(date), contextTokens).uncachedInput;
  assert.equal(input("2026-11-30T23:59:59.999Z", 300_000), 1_000_000);
  assert.equal(input("2026-12-01", 300_000), 2_000_000);
  assert.equal(input("2026-12-10", 200_000), 2_000_000);
  assert.equal(input("2026-12-10", 200_001), 4_000_000);
});

test("over an unknown model, the written input price stands for the cache dimensions too", () => {
  const book = createBook({
    overrides: [{ provider: "openai", model: "in-house", inputUsdPerMillion: 0.5, outputUsdPerMillion: 1 }],
  });
  const prices = book.pricesFor({ provider: "openai", model: "in-house" }, november, 0);
  assert.deepEqual([prices.cacheRead, prices.cacheWrite5m, prices.cacheWrite1h], [500_000, 500_000, 500_000]);
  assert.equal(prices.source, "configuration");
  assert.deepEqual(book.unknownModels(), []);
});

test("a model stays unknown under an override that only scales its price", () => {
  const warned: LogFields[] = [];
  const overrides = [{ provider: "openai", model: "*", multiplier: 0.5 }];
  const book = createBook({ overrides }, { ...silentLogger, warn: (fields) => warned.push(fields) });
  const target = { provider: "openai", model: "gpt-99-mystery" };
  const prices = book.pricesFor(target, november, 10);
  assert.deepEqual([prices.source, prices.uncachedInput, prices.output], ["fallback", 5_000_000, 25_000_000]);
  assert.deepEqual(book.unknownModels(), [{ target, prices, firstSeenAtMs: november }]);
  assert.equal(warned.length, 1);
});

test("one target's prices are one object, however often they are asked for", () => {
  const book = createBook({ overrides: [{ provider: "*", model: "claude-*", inputUsdPerMillion: 1 }] });
  assert.equal(book.pricesFor(sonnet, november, 1), book.pricesFor({ ...sonnet }, november + 5, 2));
});

test("a date that is none is refused when the book is made", () => {
  assert.throws(
    () => createBook({ overrides: [{ provider: "a", model: "b", from: "soon" }] }),
    /prices\.overrides: not a date: soon/,
  );
});

test("a daily window may pass midnight", () => {
  const base = createBook().pricesFor(sonnet, november, 0);
  const night = { ...base, output: 1 };
  const hour = 3_600_000;
  const at = (hours: number): number =>
    pricesAt(
      [
        { validity: { kind: "always" }, tiers: [{ aboveContextTokens: -1, prices: base }] },
        {
          validity: { kind: "daily", fromMs: 22 * hour, untilMs: 6 * hour },
          tiers: [{ aboveContextTokens: -1, prices: night }],
        },
      ],
      hours * hour,
      0,
    ).output;
  assert.deepEqual([at(21.9), at(22), at(24), at(29.9), at(30)], [base.output, 1, 1, 1, base.output]);
});

test("a tier of service may cost more from a date on, and in longer prompts", () => {
  const tier = { provider: "openai", model: "gpt-5.2", serviceTier: "priority" };
  const book = createBook({
    overrides: [
      { ...tier, inputUsdPerMillion: 3 },
      { ...tier, inputUsdPerMillion: 4, from: "2026-11-20" },
      { ...tier, inputUsdPerMillion: 8, from: "2026-11-20", aboveContextTokens: 100 },
    ],
  });
  const input = (atMs: number, contextTokens: number): number =>
    book.pricesFor({ provider: "openai", model: "gpt-5.2" }, atMs, contextTokens, "priority").uncachedInput;
  assert.deepEqual(
    [input(november - dayMs, 101), input(november, 100), input(november, 101)],
    [3_000_000, 4_000_000, 8_000_000],
  );
});

test("a tier of service has its own stated prices, by factor or written; one that nobody stated costs the usual", () => {
  const book = createBook({
    overrides: [
      { provider: "openai", model: "*", serviceTier: "flex", multiplier: 0.5 },
      {
        provider: "openai",
        model: "gpt-5.2",
        serviceTier: "priority",
        inputUsdPerMillion: 3.5,
        outputUsdPerMillion: 28,
      },
    ],
  });
  const target = { provider: "openai", model: "gpt-5.2" };
  const usual = book.pricesFor(target, november, 0);
  assert.equal(usual.serviceTier, undefined);
  const flex = book.pricesFor(target, november, 0, "flex");
  assert.deepEqual(
    [flex.uncachedInput, flex.cacheRead, flex.output, flex.serviceTier],
    [usual.uncachedInput / 2, Math.round(usual.cacheRead / 2), usual.output / 2, "flex"],
  );
  const priority = book.pricesFor(target, november, 0, "priority");
  assert.deepEqual([priority.uncachedInput, priority.output], [3_500_000, 28_000_000]);
  assert.equal(priority.cacheRead, usual.cacheRead, "what is not named keeps the price below");
  assert.equal(book.pricesFor(target, november, 0, "unheard-of"), usual);
  assert.equal(book.pricesFor({ provider: "openai", model: "gpt-5.4" }, november, 0, "priority").source, "catalog");
});
