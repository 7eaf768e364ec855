import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { RankCandidate } from "./rank-candidates.ts";
import { enoughSamples, neutralScore, rankTargets } from "./rank-targets.ts";
import { scoreWeights } from "./score-weights.ts";

const thresholds = { warning: 0.75, critical: 0.95 };
const inputs = { remainingBudgetShare: null, thresholds };

const measured = (value: fc.Arbitrary<number>): fc.Arbitrary<RankCandidate["quality"]> =>
  fc.option(fc.record({ value, samples: fc.integer({ min: 0, max: 60 }) }));

const candidates = fc
  .array(
    fc.record({
      costNanoUsd: fc.integer({ min: 0, max: 50_000_000_000 }),
      quality: measured(fc.double({ min: 0, max: 1, noNaN: true })),
      latency: measured(fc.integer({ min: 1, max: 60_000 })),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list): RankCandidate[] =>
    list.map((facts, index) => ({ target: { provider: `p${index}`, model: "m" }, ...facts })),
  );

const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));

test("weights sum to 1, whatever is left of the budget", () => {
  fc.assert(
    fc.property(share, candidates, (remainingBudgetShare, list) => {
      for (const { parts, score } of rankTargets(list, { remainingBudgetShare, thresholds })) {
        const sum = parts.cost.weight + parts.quality.weight + parts.latency.weight;
        assert.ok(Math.abs(sum - 1) < 1e-12);
        assert.ok(score >= 0 && score <= 1 + 1e-12);
      }
    }),
  );
});

test("cost weighs 0.3, 0.5 below the warning threshold, 0.8 below the critical one", () => {
  const weightAt = (remaining: number | null): number => scoreWeights(remaining, thresholds).cost;
  assert.deepEqual([null, 1, 0.25, 0.24, 0.06, 0.04, 0].map(weightAt), [0.3, 0.3, 0.3, 0.5, 0.5, 0.8, 0.8]);
});

test("becoming cheaper never lowers a target's score nor its place", () => {
  fc.assert(
    fc.property(candidates, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), share, (list, pick, factor, left) => {
      const at = pick % list.length;
      const settings = { remainingBudgetShare: left, thresholds };
      const cheaper = list.map((candidate, index) =>
        index === at ? { ...candidate, costNanoUsd: Math.floor(candidate.costNanoUsd * factor) } : candidate,
      );
      const place = (all: readonly RankCandidate[]): { place: number; score: number } => {
        const ranking = rankTargets(all, settings);
        const found = ranking.findIndex(({ provider }) => provider === `p${at}`);
        return { place: found, score: ranking[found]?.score ?? 0 };
      };
      const [before, after] = [place(list), place(cheaper)];
      assert.ok(after.score >= before.score && after.place <= before.place);
    }),
  );
});

test("the order of the candidates means nothing", () => {
  fc.assert(
    fc.property(candidates, (list) => {
      const names = (all: readonly RankCandidate[]): string[] => rankTargets(all, inputs).map((one) => one.provider);
      assert.deepEqual(names(list.toReversed()), names(list));
    }),
  );
});

test("scores are free of scale: the same ratios score the same, in cents as in hundreds of dollars", () => {
  fc.assert(
    fc.property(candidates, fc.constantFrom(2, 1024, 65_536), (list, factor) => {
      const scaled = list.map((one) => ({ ...one, costNanoUsd: one.costNanoUsd * factor }));
      const scores = (all: readonly RankCandidate[]): number[] => rankTargets(all, inputs).map((one) => one.score);
      assert.deepEqual(scores(scaled), scores(list));
    }),
  );
});

test("quality and latency are neutral until twenty answers are known, and the reason says so", () => {
  const one = (samples: number): RankCandidate => ({
    target: { provider: "p", model: "m" },
    costNanoUsd: 12_000_000,
    quality: { value: 0.2, samples },
    latency: null,
  });
  const [few] = rankTargets([one(enoughSamples - 1)], inputs);
  assert.deepEqual([few?.parts.quality.score, few?.parts.quality.isNeutral], [neutralScore, true]);
  assert.match(few?.reasoning ?? "", /\$0\.01 expected, the cheapest.*neutral, 19 of 20 answers known/);
  const [enough] = rankTargets([one(enoughSamples)], inputs);
  assert.deepEqual([enough?.parts.quality.score, enough?.parts.quality.isNeutral], [0.2, false]);
});

test("a free target beats a paid one without dividing by zero", () => {
  const free = { target: { provider: "local", model: "m" }, costNanoUsd: 0, quality: null, latency: null };
  const paid = { target: { provider: "far", model: "m" }, costNanoUsd: 1, quality: null, latency: null };
  assert.deepEqual(
    rankTargets([paid, free], inputs).map(({ provider, parts }) => [provider, parts.cost.score]),
    [
      ["local", 1],
      ["far", 0],
    ],
  );
});
