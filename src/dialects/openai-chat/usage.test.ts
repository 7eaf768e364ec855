import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { totalInput, zeroUsage } from "../../core/usage.ts";
import { toUsage } from "./usage.ts";

test("cached tokens are taken out of the prompt, wherever a provider puts them", () => {
  const base = { prompt_tokens: 100, completion_tokens: 10 };
  const expected = { ...zeroUsage, uncachedInput: 70, cacheRead: 30, output: 10 };
  assert.deepEqual(toUsage({ ...base, prompt_tokens_details: { cached_tokens: 30 } }), expected);
  assert.deepEqual(toUsage({ ...base, prompt_cache_hit_tokens: 30, prompt_cache_miss_tokens: 70 }), expected);
  assert.deepEqual(toUsage({ ...base, cached_tokens: 30 }), expected);
});

test("cache writes are taken out of the prompt too", () => {
  for (const field of ["cache_creation_tokens", "cache_creation_input_tokens", "cache_write_tokens"]) {
    const usage = toUsage({
      prompt_tokens: 100,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 30, [field]: 20 },
    });
    assert.deepEqual([usage?.uncachedInput, usage?.cacheRead, usage?.cacheWrite5m], [50, 30, 20]);
  }
});

test("more cached tokens than prompt tokens are counted beside the prompt", () => {
  const usage = toUsage({ prompt_tokens: 5, completion_tokens: 1, cached_tokens: 90 });
  assert.deepEqual([usage?.uncachedInput, usage?.cacheRead], [5, 90]);
});

test("audio is a part of the uncached prompt, and of the output beside its reasoning", () => {
  const usage = toUsage({
    prompt_tokens: 100,
    completion_tokens: 50,
    prompt_tokens_details: { cached_tokens: 30, audio_tokens: 60 },
    completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 40 },
  });
  const counts = { uncachedInput: 70, cacheRead: 30, output: 50, reasoning: 20 };
  assert.deepEqual(usage, { ...zeroUsage, ...counts, inputAudio: 60, outputAudio: 30 });
});

test("reasoning inside the completion is not counted twice, beside it not left out", () => {
  const details = { completion_tokens_details: { reasoning_tokens: 40 } };
  const inside = toUsage({ prompt_tokens: 10, completion_tokens: 50, total_tokens: 60, ...details });
  assert.deepEqual([inside?.output, inside?.reasoning], [50, 40]);
  const beside = toUsage({ prompt_tokens: 10, completion_tokens: 50, total_tokens: 100, ...details });
  assert.deepEqual([beside?.output, beside?.reasoning], [90, 40]);
  const withoutTotal = toUsage({ prompt_tokens: 10, completion_tokens: 3, ...details });
  assert.deepEqual([withoutTotal?.output, withoutTotal?.reasoning], [43, 40]);
});

test("thinking that only the total shows is output", () => {
  const usage = toUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 });
  assert.deepEqual([usage?.output, usage?.reasoning], [105, 100]);
});

test("a prompt that only the total shows is input, and a total that no call can have shows nothing", () => {
  const usage = toUsage({ completion_tokens: "5", total_tokens: 115 });
  assert.deepEqual([usage?.uncachedInput, usage?.output], [110, 5]);
  const defect = toUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 1e12 });
  assert.deepEqual([defect?.uncachedInput, defect?.output], [10, 5]);
});

test("no usage, and one of zeros, is none", () => {
  for (const value of [
    undefined,
    null,
    "x",
    [],
    {},
    { prompt_tokens: 0, completion_tokens: 0 },
    { prompt_tokens: null },
  ]) {
    assert.equal(toUsage(value), null);
  }
});

test("web searches are counted apart", () => {
  const usage = toUsage({ prompt_tokens: 1, completion_tokens: 1, server_tool_use: { web_search_requests: 2 } });
  assert.equal(usage?.serverToolRequests, 2);
});

test("any numbers give whole counts of zero or more, and input parts that add up", () => {
  const count = fc.oneof(fc.integer({ min: -5, max: 1000 }), fc.constantFrom(null, undefined, Number.NaN, 1.5, "7"));
  const usage = fc.record({
    prompt_tokens: count,
    completion_tokens: count,
    total_tokens: count,
    cached_tokens: count,
    prompt_tokens_details: fc.record({ cached_tokens: count, cache_creation_tokens: count }),
    completion_tokens_details: fc.record({ reasoning_tokens: count }),
  });
  fc.assert(
    fc.property(usage, (value) => {
      const usage = toUsage(value);
      if (usage === null) return;
      for (const part of Object.values(usage)) assert.ok(Number.isInteger(part) && part >= 0);
      assert.ok(usage.output >= usage.reasoning);
      const prompt = Math.round(Math.max(0, Number(value.prompt_tokens) || 0));
      if (typeof value.prompt_tokens === "number") assert.ok(totalInput(usage) >= prompt);
    }),
  );
});
