/**
 * What no rule can do: two sessions that begin alike and go on differently, of which every choice for their common
 * beginning costs one of them more than 2 % beyond the better simple rule, though all is known from then on.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../core/log/logging.ts";
import type { Target } from "../core/target.ts";
import { createPriceBook } from "../costs/prices/price-book.ts";
import { familyOf } from "./count-tokens/families.ts";
import { promptCacheRulesOf } from "./sessions/prompt-cache-rules.ts";
import type { PromptCacheRules } from "./sessions/prompt-cache-rules.ts";

const calls = 40;
const commonCalls = 8;
const startMs = Date.parse("2026-11-18T10:00:00Z");
const outputTokens = 300;
const bytesOf = (call: number): number => 80_000 + call * 4_000;

const book = createPriceBook(
  {
    multiplier: 1,
    unknownModel: { inputUsdPerMillion: 10, outputUsdPerMillion: 50 },
    overrides: [],
    providerKinds: {},
  },
  silentLogger,
);

interface Place {
  readonly target: Target;
  readonly rules: PromptCacheRules;
  readonly bytesPerToken: number;
}

function placeOf(provider: string, model: string): Place {
  return {
    target: { provider, model },
    rules: promptCacheRulesOf(provider, model),
    bytesPerToken: familyOf(model).bytesPerToken,
  };
}

/** When each call is made: half a minute apart, after the common beginning `laterGapMs`. */
function sessionOf(laterGapMs: number): readonly number[] {
  const times = [startMs];
  for (let call = 1; call < calls; call++) times.push(times[call - 1]! + (call < commonCalls ? 30_000 : laterGapMs));
  return times;
}

/** The price of a call, in pico-dollars; `last`: the call that was served there last, -1 for none. */
function costAt({ target, rules, bytesPerToken }: Place, call: number, times: readonly number[], last: number): number {
  const tokens = Math.round(bytesOf(call) / bytesPerToken);
  const ttlMs = rules.kind === "automatic" ? rules.ttlMs : 300_000;
  const isWarm = last >= 0 && times[call]! - times[last]! < ttlMs;
  const read = isWarm ? Math.min(tokens, Math.round(bytesOf(last) / bytesPerToken)) : 0;
  const prices = book.pricesFor(target, startMs, tokens);
  const written = rules.kind === "marked" ? prices.cacheWrite5m : prices.uncachedInput;
  return read * prices.cacheRead + (tokens - read) * written + outputTokens * prices.output;
}

const costOfStaying = (place: Place, times: readonly number[]): number =>
  times.reduce((sum, _, call) => sum + costAt(place, call, times, call - 1), 0);

/** The cheapest way to the end, all times being known: `last` holds the last call at each place. */
function cheapestRest(
  places: readonly [Place, Place],
  times: readonly number[],
  call: number,
  last: readonly [number, number],
  known: Map<string, number>,
): number {
  if (call === calls) return 0;
  const key = `${call} ${last.join(" ")}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const here = costAt(places[0], call, times, last[0]) + cheapestRest(places, times, call + 1, [call, last[1]], known);
  const there = costAt(places[1], call, times, last[1]) + cheapestRest(places, times, call + 1, [last[0], call], known);
  const least = Math.min(here, there);
  known.set(key, least);
  return least;
}

/** The least that some choice for the common beginning loses in the worse of the futures, as a share of the better rule. */
function leastRegret(places: readonly [Place, Place], futures: readonly (readonly number[])[]): number {
  const known = futures.map(() => new Map<string, number>());
  // The first one is the dearer by its list price: staying there and the cheapest list price are the two rules.
  const better = futures.map((times) => Math.min(costOfStaying(places[0], times), costOfStaying(places[1], times)));
  let least = Infinity;
  for (let choices = 0; choices < 2 ** commonCalls; choices++) {
    const regrets = futures.map((times, future) => {
      const last: [number, number] = [-1, -1];
      let cost = 0;
      for (let call = 0; call < commonCalls; call++) {
        const place = (choices >> call) & 1;
        cost += costAt(places[place]!, call, times, last[place]!);
        last[place] = call;
      }
      return (cost + cheapestRest(places, times, commonCalls, last, known[future]!)) / better[future]! - 1;
    });
    least = Math.min(least, Math.max(...regrets));
  }
  return least;
}

test("no choice for the first eight calls keeps both of two futures within 2 % of the better rule", () => {
  const places = [
    placeOf("anthropic", "claude-sonnet-5"),
    placeOf("groq", "moonshotai/kimi-k2-instruct-0905"),
  ] as const;
  const [quick, slow] = [sessionOf(30_000), sessionOf(660_000)];
  const least = leastRegret(places, [quick, slow]);
  assert.ok(least > 0.05, `at least ${(least * 100).toFixed(2)} % are lost in one of them`);
  assert.ok(leastRegret(places, [quick]) <= 0, "whoever knows the future loses nothing");
  assert.ok(leastRegret(places, [slow]) <= 0, "whoever knows the future loses nothing");
});
