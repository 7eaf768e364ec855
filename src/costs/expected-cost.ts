/**
 * What a call will probably cost, so that a budget holds that instead of the worst case.
 *
 * Claude Code asks for up to 128,000 output tokens and uses 800: holding what was asked would refuse nearly every
 * call. Held is the 95th percentile of what this user's calls to this model cost lately; with fewer than 20 of
 * them, of everybody's; with fewer than 20 of those, a stated default. Never less than the prompt alone costs at the
 * cheapest, never more than the worst case.
 */
import { BoundedMap } from "../core/collections/bounded-map.ts";
import type { NanoUsd } from "../core/money.ts";
import type { AppliedPrices } from "../core/record.ts";
import { zeroUsage } from "../core/usage.ts";
import { QuantileSketch } from "./quantile-sketch.ts";
import { costOfUsage } from "./cost-of-usage.ts";

/** Held for a call to a model about which nothing is known yet: 0.10 USD. */
export const defaultExpectedNanoUsd: NanoUsd = 100_000_000;

const percentile = 0.95;
const enoughCalls = 20;
const maxSketches = 10_000;

/** The least and the most that a call can cost, as far as its request tells. */
export interface CostRange {
  readonly leastNanoUsd: NanoUsd;
  readonly mostNanoUsd: NanoUsd;
}

export interface ExpectedCosts {
  /** Learns from a call that is over and cost something. */
  observe(user: string, model: string, costNanoUsd: NanoUsd): void;
  /** The amount to hold. */
  expect(user: string, model: string, range: CostRange): NanoUsd;
}

/** Knows nothing at first; at most 10,000 pairs of user and model are remembered, those used last. */
export function createExpectedCosts(): ExpectedCosts {
  const byCaller = new BoundedMap<QuantileSketch>(maxSketches);
  const byModel = new BoundedMap<QuantileSketch>(maxSketches);
  return {
    observe(user, model, costNanoUsd) {
      sketchFor(byCaller, callerKey(user, model)).add(costNanoUsd);
      sketchFor(byModel, model).add(costNanoUsd);
    },
    expect(user, model, { leastNanoUsd, mostNanoUsd }) {
      const sketch = [byCaller.get(callerKey(user, model)), byModel.get(model)].find(
        (candidate) => candidate !== undefined && candidate.count >= enoughCalls,
      );
      const usual = sketch?.quantile(percentile) ?? defaultExpectedNanoUsd;
      return Math.min(Math.max(usual, leastNanoUsd), mostNanoUsd);
    },
  };
}

/**
 * The range for a request: its prompt wholly cached and no output, to its prompt written anew and all output used, spoken where
 * the model speaks. Audio of the prompt counts as the text that it was sent as, which costs more.
 */
export function costRangeOf(inputTokens: number, maxOutputTokens: number, prices: AppliedPrices): CostRange {
  const dearest = Math.max(prices.uncachedInput, prices.cacheWrite5m, prices.cacheWrite1h, prices.cacheRead);
  const cheapest = Math.min(prices.uncachedInput, prices.cacheRead);
  const dearestOutput = Math.max(prices.output, prices.reasoning ?? 0, prices.outputAudio ?? 0);
  const usage = { ...zeroUsage, uncachedInput: inputTokens };
  return {
    leastNanoUsd: costOfUsage(usage, { ...prices, uncachedInput: cheapest }).nanoUsd,
    mostNanoUsd: costOfUsage(
      { ...usage, output: maxOutputTokens },
      { ...prices, uncachedInput: dearest, output: dearestOutput },
    ).nanoUsd,
  };
}

function callerKey(user: string, model: string): string {
  return `${user}\u0001${model}`;
}

/** The one used last is forgotten last. */
function sketchFor(sketches: BoundedMap<QuantileSketch>, key: string): QuantileSketch {
  const sketch = sketches.get(key) ?? new QuantileSketch();
  sketches.set(key, sketch);
  return sketch;
}
