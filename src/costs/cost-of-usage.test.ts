import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { AppliedPrices } from "../core/record.ts";
import { zeroUsage } from "../core/usage.ts";
import type { Usage } from "../core/usage.ts";
import { costOfUsage, partsOfCost } from "./cost-of-usage.ts";

const prices: AppliedPrices = {
  uncachedInput: 3_000_000,
  cacheRead: 300_000,
  cacheWrite5m: 3_750_000,
  cacheWrite1h: 6_000_000,
  output: 15_000_000,
  serverToolRequest: 10_000_000,
  source: "catalog",
};

function arbitraryUsage(max: number): fc.Arbitrary<Usage> {
  const count = fc.nat({ max });
  return fc.record({
    uncachedInput: count,
    cacheRead: count,
    cacheWrite5m: count,
    cacheWrite1h: count,
    output: count,
    reasoning: count,
    serverToolRequests: fc.nat({ max: 100 }),
  });
}

const arbitraryPrices: fc.Arbitrary<AppliedPrices> = fc.record({
  uncachedInput: fc.nat({ max: 10 ** 9 }),
  cacheRead: fc.nat({ max: 10 ** 9 }),
  cacheWrite5m: fc.nat({ max: 10 ** 9 }),
  cacheWrite1h: fc.nat({ max: 10 ** 9 }),
  output: fc.nat({ max: 10 ** 9 }),
  reasoning: fc.nat({ max: 10 ** 9 }),
  serverToolRequest: fc.nat({ max: 10 ** 8 }),
  source: fc.constant("catalog" as const),
});

/** The same sum in BigInt throughout. */
function exactNano(usage: Usage, applied: AppliedPrices): bigint {
  const reasoning = Math.min(usage.reasoning, usage.output);
  const pico =
    BigInt(usage.uncachedInput) * BigInt(applied.uncachedInput) +
    BigInt(usage.cacheRead) * BigInt(applied.cacheRead) +
    BigInt(usage.cacheWrite5m) * BigInt(applied.cacheWrite5m) +
    BigInt(usage.cacheWrite1h) * BigInt(applied.cacheWrite1h) +
    BigInt(usage.output - reasoning) * BigInt(applied.output) +
    BigInt(reasoning) * BigInt(applied.reasoning ?? applied.output);
  return (pico + 500n) / 1000n + BigInt(usage.serverToolRequests) * BigInt(applied.serverToolRequest);
}

test("a usage costs its tokens times their prices", () => {
  const usage = { ...zeroUsage, uncachedInput: 1000, cacheRead: 10_000, output: 200, serverToolRequests: 2 };
  assert.equal(costOfUsage(usage, prices).nanoUsd, 3_000_000 + 3_000_000 + 3_000_000 + 20_000_000);
});

test("audio costs its own price where there is one, as text where there is none, and no more tokens than there are", () => {
  const usage = { ...zeroUsage, uncachedInput: 1000, output: 200, inputAudio: 900, outputAudio: 150 };
  const apart = { ...prices, inputAudio: prices.uncachedInput * 10, outputAudio: prices.output * 4 };
  const nano = (tokens: number, price: number): number => (tokens * price) / 1000;
  const input = nano(100, prices.uncachedInput) + nano(900, apart.inputAudio);
  const output = nano(50, prices.output) + nano(150, apart.outputAudio);
  assert.equal(costOfUsage(usage, apart).nanoUsd, input + output);
  const { uncachedInput, output: ofOutput } = partsOfCost(usage, apart);
  assert.deepEqual([uncachedInput, ofOutput], [input, output]);
  const asText = costOfUsage({ ...zeroUsage, uncachedInput: 1000, output: 200 }, prices);
  assert.equal(costOfUsage(usage, prices).nanoUsd, asText.nanoUsd);
  const tooMuch = { ...usage, inputAudio: 5000, outputAudio: 0 };
  assert.equal(costOfUsage(tooMuch, apart).nanoUsd, nano(1000, apart.inputAudio) + nano(200, prices.output));
});

test("the cost is exact for counts of any size", () => {
  for (const max of [2_000_000, 2_000_000_000]) {
    fc.assert(
      fc.property(arbitraryUsage(max), arbitraryPrices, (usage, applied) => {
        const exact = exactNano(usage, applied);
        if (exact > BigInt(Number.MAX_SAFE_INTEGER)) return;
        assert.equal(BigInt(costOfUsage(usage, applied).nanoUsd), exact);
      }),
    );
  }
});

/** A part in pico-dollars, whole numbers throughout. */
function exactPicoParts(usage: Usage, applied: AppliedPrices): readonly bigint[] {
  const reasoning = Math.min(usage.reasoning, usage.output);
  return (
    [
      [usage.uncachedInput, applied.uncachedInput],
      [usage.cacheRead, applied.cacheRead],
      [usage.cacheWrite5m, applied.cacheWrite5m],
      [usage.cacheWrite1h, applied.cacheWrite1h],
      [usage.output - reasoning, applied.output],
      [reasoning, applied.reasoning ?? applied.output],
    ] as const
  ).map(([count, price]) => BigInt(count) * BigInt(price));
}

test("the parts of a cost are rounded down, and what they lack of the total goes to the largest remainders", () => {
  for (const max of [2_000_000, 2_000_000_000]) {
    fc.assert(
      fc.property(arbitraryUsage(max), arbitraryPrices, fc.boolean(), (usage, applied, isReasoningPriced) => {
        const { reasoning: _, ...others } = applied;
        const stated: AppliedPrices = isReasoningPriced ? applied : others;
        const { serverTools, ...tokens } = partsOfCost(usage, stated);
        const exact = exactPicoParts(usage, stated);
        const raised: bigint[] = [];
        const left: bigint[] = [];
        for (const [index, part] of Object.values(tokens).entries()) {
          const missing = BigInt(part) - exact[index]! / 1000n;
          assert.ok(missing === 0n || missing === 1n);
          (missing === 1n ? raised : left).push(exact[index]! % 1000n);
        }
        for (const remainder of raised) assert.ok(left.every((other) => other <= remainder));
        const sum = Object.values(tokens).reduce((total, part) => total + BigInt(part), BigInt(serverTools));
        assert.equal(sum, exactNano(usage, stated));
      }),
    );
  }
});

test("what further models used costs their own prices, to the exact sum of all, rounded once", () => {
  const arbitraryPart = fc.record({ usage: arbitraryUsage(2_000_000), prices: arbitraryPrices });
  fc.assert(
    fc.property(arbitraryPart, fc.array(arbitraryPart, { maxLength: 3 }), (own, parts) => {
      const further = parts.map((part, index) => ({ model: `m${index}`, ...part }));
      const used = further.map(({ model, usage }) => ({
        model,
        usage: { ...usage, reasoning: Math.min(usage.reasoning, usage.output), serverToolRequests: 0 },
      }));
      const sumOf = (kind: keyof typeof zeroUsage): number =>
        used.reduce((sum, one) => sum + (one.usage[kind] as number), own.usage[kind] as number);
      const reasoning = Math.min(own.usage.reasoning, own.usage.output);
      const usage: Usage = {
        uncachedInput: sumOf("uncachedInput"),
        cacheRead: sumOf("cacheRead"),
        cacheWrite5m: sumOf("cacheWrite5m"),
        cacheWrite1h: sumOf("cacheWrite1h"),
        output: sumOf("output"),
        reasoning: used.reduce((sum, one) => sum + one.usage.reasoning, reasoning),
        serverToolRequests: own.usage.serverToolRequests,
        furtherModels: used,
      };
      const applied: AppliedPrices = { ...own.prices, furtherModels: further };
      const pico = used
        .map((one, index) => exactPicoParts(one.usage, further[index]!.prices))
        .concat([exactPicoParts(own.usage, own.prices)])
        .flat()
        .reduce((sum, part) => sum + part, 0n);
      const tools = BigInt(own.usage.serverToolRequests * own.prices.serverToolRequest);
      const exact = (pico + 500n) / 1000n + tools;
      assert.equal(BigInt(costOfUsage(usage, applied).nanoUsd), exact);
      const kinds = Object.values(partsOfCost(usage, applied));
      assert.equal(
        kinds.reduce((sum, part) => sum + BigInt(part), 0n),
        exact,
      );
    }),
  );
});

test("what further models used is added exactly beyond what a number holds", () => {
  const many = 3_000_000_001;
  const used = { ...zeroUsage, uncachedInput: many, output: many };
  const furtherModels = ["a", "b", "c"].map((model) => ({ model, usage: used }));
  const usage = { ...zeroUsage, uncachedInput: 4 * many, output: 4 * many, furtherModels };
  const applied = { ...prices, uncachedInput: 2_500_001, output: 2_500_001 };
  const exact = (8n * BigInt(many) * 2_500_001n + 500n) / 1000n;
  assert.equal(BigInt(costOfUsage(usage, applied).nanoUsd), exact);
  const mixed = { ...applied, furtherModels: [{ model: "a", prices: { ...applied, uncachedInput: 4_000_003 } }] };
  const more = (7n * BigInt(many) * 2_500_001n + BigInt(many) * 4_000_003n + 500n) / 1000n;
  assert.equal(BigInt(costOfUsage(usage, mixed).nanoUsd), more);
});

test("a further model without prices of its own costs as the call's", () => {
  const used = { ...zeroUsage, output: 60 };
  const usage = { ...zeroUsage, output: 100, furtherModels: [{ model: "m", usage: used }] };
  const cheap = { ...prices, output: 1_000_000 };
  assert.equal(costOfUsage(usage, prices).nanoUsd, 1_500_000);
  assert.equal(costOfUsage(usage, { ...prices, furtherModels: [{ model: "m", prices: cheap }] }).nanoUsd, 660_000);
});

test("half a nano-dollar rounds up, less of it down, however large the cost", () => {
  for (const count of [1, 3_000_000_001]) {
    const costAt = (price: number): number =>
      costOfUsage({ ...zeroUsage, output: count }, { ...prices, output: price }).nanoUsd;
    const [even, below, half] = [costAt(3_000_000), costAt(3_000_499), costAt(3_000_500)];
    assert.equal(below, even + Math.floor((count * 499) / 1000));
    assert.equal(half, even + Math.ceil((count * 500) / 1000));
  }
});

test("more tokens never cost less", () => {
  fc.assert(
    fc.property(arbitraryUsage(1_000_000), arbitraryPrices, fc.nat({ max: 1000 }), (usage, applied, more) => {
      const larger = { ...usage, output: usage.output + more, uncachedInput: usage.uncachedInput + more };
      assert.ok(costOfUsage(larger, applied).nanoUsd >= costOfUsage(usage, applied).nanoUsd);
    }),
  );
});

test("reasoning has its own price where one is stated, and never counts beyond the output", () => {
  const usage = { ...zeroUsage, output: 100, reasoning: 250 };
  assert.equal(costOfUsage(usage, { ...prices, reasoning: 1_000_000 }).nanoUsd, 100_000);
  assert.equal(costOfUsage(usage, prices).nanoUsd, 1_500_000);
});

test("counts that are no counts cost nothing instead of poisoning the sum", () => {
  const usage = { ...zeroUsage, uncachedInput: Number.NaN, output: -5, cacheRead: Number.POSITIVE_INFINITY };
  assert.equal(costOfUsage(usage, prices).nanoUsd, 0);
  const fraction = { ...zeroUsage, uncachedInput: 1.9, output: 0.9 };
  assert.equal(costOfUsage(fraction, prices).nanoUsd, 3_000);
});
