import assert from "node:assert/strict";
import { test } from "node:test";
import { hourMs } from "../../core/time/durations.ts";
import type { AppliedPrices } from "../../core/record.ts";
import { pricesAt } from "./price-schedule.ts";
import type { PriceEntry, PriceValidity } from "./price-schedule.ts";

const midnight = Date.parse("2026-11-20T00:00:00Z");

/** Prices that `name` tells from others. */
function pricesNamed(name: number): AppliedPrices {
  return {
    uncachedInput: name,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    output: 0,
    serverToolRequest: 0,
    source: "catalog",
  };
}

function entry(name: number, validity: PriceValidity): PriceEntry {
  return { validity, tiers: [{ aboveContextTokens: -1, prices: pricesNamed(name) }] };
}

function namesByHour(validity: PriceValidity): number[] {
  const schedule = [entry(0, { kind: "always" }), entry(1, validity)] as const;
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  return hours.filter((hour) => pricesAt(schedule, midnight + hour * hourMs, 0).uncachedInput === 1);
}

test("of the entries that hold, the last one wins; where none does, the first", () => {
  const atMs = midnight;
  const dated = (name: number, fromMs: number): PriceEntry => entry(name, { kind: "from", atMs: fromMs });
  assert.equal(pricesAt([dated(1, atMs), dated(2, atMs), dated(3, atMs + 1)], atMs, 0).uncachedInput, 2);
  assert.equal(pricesAt([dated(1, atMs + 1), dated(2, atMs + 1)], atMs, 0).uncachedInput, 1);
  assert.equal(pricesAt([dated(1, atMs), entry(2, { kind: "always" })], atMs, 0).uncachedInput, 2);
});

test("a daily window begins with its first moment, ends before its last, and may pass midnight", () => {
  const daily = (from: number, until: number): PriceValidity => ({
    kind: "daily",
    fromMs: from * hourMs,
    untilMs: until * hourMs,
  });
  assert.deepEqual(namesByHour(daily(8, 11)), [8, 9, 10]);
  assert.deepEqual(namesByHour(daily(22, 2)), [0, 1, 22, 23]);
  assert.deepEqual(namesByHour(daily(5, 5)), []);
});

test("a prompt pays the highest tier that it is longer than", () => {
  const tiers = [-1, 100, 200].map((aboveContextTokens) => ({
    aboveContextTokens,
    prices: pricesNamed(aboveContextTokens),
  }));
  const schedule = [{ validity: { kind: "always" }, tiers }] as const;
  const paid = [0, 100, 101, 200, 201].map((tokens) => pricesAt(schedule, midnight, tokens).uncachedInput);
  assert.deepEqual(paid, [-1, -1, 100, 100, 200]);
});

test("an entry without a base tier is a mistake", () => {
  assert.throws(() => pricesAt([{ validity: { kind: "always" }, tiers: [] }], midnight, 0), RangeError);
});
