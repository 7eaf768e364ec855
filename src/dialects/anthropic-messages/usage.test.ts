import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { JsonObject } from "../../core/json/json.ts";
import { ownUsage, totalInput, zeroUsage } from "../../core/usage.ts";
import { mergeAnthropicUsage, usageFromAnthropic } from "./usage.ts";

test("kinds of input map one to one, and the one-hour writes stand apart", () => {
  const usage = usageFromAnthropic({
    input_tokens: 10,
    cache_read_input_tokens: 3,
    cache_creation_input_tokens: 5,
    cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 4 },
    output_tokens: 20,
    output_tokens_details: { thinking_tokens: 7 },
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 9 },
  });
  assert.deepEqual(usage, {
    uncachedInput: 10,
    cacheRead: 3,
    cacheWrite5m: 1,
    cacheWrite1h: 4,
    output: 20,
    reasoning: 7,
    serverToolRequests: 2,
  });
});

test("later totals replace earlier ones, downward too, and nulls say nothing", () => {
  const start = { input_tokens: 9, cache_read_input_tokens: 5, cache_creation_input_tokens: 2, output_tokens: 1 };
  const merged = mergeAnthropicUsage(start, { input_tokens: null, cache_read_input_tokens: 1, output_tokens: 16 });
  assert.deepEqual(merged, { ...start, cache_read_input_tokens: 1, output_tokens: 16 });
});

test("zeros at the end, which some providers send for what they counted at the start, take nothing back", () => {
  const split = { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 20 };
  const writes = { cache_creation_input_tokens: 20, cache_creation: split };
  const start = { input_tokens: 100, cache_read_input_tokens: 500, ...writes, output_tokens: 1 };
  const zeros = {
    input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  };
  const end = mergeAnthropicUsage(start, { ...zeros, output_tokens: 16 });
  assert.deepEqual(end, { ...start, output_tokens: 16 });
  const more = mergeAnthropicUsage(start, { ...zeros, cache_read_input_tokens: 510, output_tokens: 16 });
  assert.deepEqual(more, { ...start, cache_read_input_tokens: 510, output_tokens: 16 });
});

test("a zero at the end counts where the prompt that it belongs to is no smaller than before", () => {
  const start = { input_tokens: 100, cache_read_input_tokens: 0, output_tokens: 1 };
  const end = { input_tokens: 0, cache_read_input_tokens: 120, output_tokens: 16 };
  assert.deepEqual(mergeAnthropicUsage(start, end), end);
});

test("a total below an earlier split wins over the split", () => {
  const split = { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 30 };
  const counts = { input_tokens: 1, output_tokens: 1, cache_creation: split, cache_creation_input_tokens: 20 };
  const usage = usageFromAnthropic(counts);
  assert.deepEqual([usage?.cacheWrite5m, usage?.cacheWrite1h], [0, 20]);
});

test("a split without a total counts by itself", () => {
  const split = { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 30 };
  const usage = usageFromAnthropic({ input_tokens: 1, output_tokens: 1, cache_creation: split });
  assert.deepEqual([usage?.cacheWrite5m, usage?.cacheWrite1h], [10, 30]);
});

test("with compaction the bill is the sum of all passes", () => {
  const usage = usageFromAnthropic({
    input_tokens: 612,
    output_tokens: 2819,
    iterations: [
      { type: "compaction", input_tokens: 60385, output_tokens: 522 },
      { type: "message", input_tokens: 612, output_tokens: 2819 },
    ],
  });
  assert.deepEqual([usage?.uncachedInput, usage?.output], [60997, 3341]);
});

test("a model that declined before its fallback answered is not billed", () => {
  const usage = usageFromAnthropic({
    input_tokens: 412,
    output_tokens: 264,
    iterations: [
      { type: "message", input_tokens: 408, output_tokens: 0 },
      { type: "fallback_message", input_tokens: 412, output_tokens: 264 },
    ],
  });
  assert.deepEqual([usage?.uncachedInput, usage?.output], [412, 264]);
});

test("what an advisor used stands apart, and is counted beside what stands at the top", () => {
  const usage = usageFromAnthropic({
    input_tokens: 2,
    output_tokens: 491,
    cache_read_input_tokens: 226_584,
    cache_creation_input_tokens: 7_853,
    output_tokens_details: { thinking_tokens: 40 },
    server_tool_use: { web_search_requests: 3 },
    iterations: [
      {
        type: "message",
        input_tokens: 1,
        output_tokens: 45,
        cache_read_input_tokens: 109_696,
        cache_creation_input_tokens: 7_192,
      },
      {
        type: "advisor_message",
        model: "claude-opus-4-7",
        input_tokens: 159_419,
        output_tokens: 7_805,
        cache_creation_input_tokens: 0,
      },
      {
        type: "message",
        input_tokens: 1,
        output_tokens: 446,
        cache_read_input_tokens: 116_888,
        cache_creation_input_tokens: 661,
      },
    ],
  });
  const advisor = { ...zeroUsage, uncachedInput: 159_419, output: 7_805 };
  const own = { ...zeroUsage, uncachedInput: 2, cacheRead: 226_584, cacheWrite5m: 7_853, output: 491, reasoning: 40 };
  assert.deepEqual(usage?.furtherModels, [{ model: "claude-opus-4-7", usage: advisor }]);
  assert.deepEqual(usage === null ? null : ownUsage(usage), {
    ...own,
    serverToolRequests: 3,
    longestPrompt: 117_550,
  });
  assert.deepEqual([usage?.uncachedInput, usage?.output], [159_421, 8_296]);
});

test("of several passes the longest prompt is told, each model's by itself; of passes that count none nothing", () => {
  const pass = (type: string, input_tokens: number, model?: string) => ({
    type,
    model,
    input_tokens,
    output_tokens: 1,
  });
  const advice = (tokens: number) => pass("advisor_message", tokens, "claude-opus-5");
  const longestOf = (iterations: JsonObject[]): unknown => {
    const usage = usageFromAnthropic({ input_tokens: 7, output_tokens: 1, iterations });
    return [usage?.longestPrompt, ...(usage?.furtherModels ?? []).map(({ usage: used }) => used.longestPrompt)];
  };
  assert.deepEqual(longestOf([pass("compaction", 180), pass("message", 23)]), [180]);
  assert.deepEqual(longestOf([pass("message", 5), advice(60), pass("message", 9), advice(40)]), [9, 60]);
  assert.deepEqual(longestOf([pass("message", 5), advice(60)]), [undefined, undefined]);
  assert.deepEqual(longestOf([{ type: "message", output_tokens: 1 }, { type: "message" }]), [undefined]);
  assert.deepEqual(longestOf(Array.from({ length: 200_000 }, (_, index) => pass("message", index))), [199_999]);
});

test("what each fallback used stands apart from what the asked model used before it declined", () => {
  const usage = usageFromAnthropic({
    input_tokens: 2,
    output_tokens: 300,
    output_tokens_details: { thinking_tokens: 70 },
    iterations: [
      { type: "message", model: "claude-fable-5", input_tokens: 2, output_tokens: 578 },
      { type: "message", model: "claude-opus-5", input_tokens: 3, output_tokens: 20 },
      { type: "message", model: "claude-sonnet-5", input_tokens: 4, output_tokens: 0 },
      {
        type: "fallback_message",
        model: "claude-opus-4-8",
        input_tokens: 5,
        output_tokens: 300,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
      },
    ],
  });
  assert.deepEqual(usage === null ? null : ownUsage(usage), { ...zeroUsage, uncachedInput: 2, output: 578 });
  const served = { uncachedInput: 5, cacheWrite5m: 20, cacheWrite1h: 10, output: 300, reasoning: 70 };
  assert.deepEqual(usage?.furtherModels, [
    { model: "claude-opus-5", usage: { ...zeroUsage, uncachedInput: 3, output: 20 } },
    { model: "claude-opus-4-8", usage: { ...zeroUsage, ...served } },
  ]);
});

test("passes that name the asked model, or none, are no further model's", () => {
  for (const model of ["claude-sonnet-5", null, undefined, "", 7]) {
    const pass = { type: "message", model, input_tokens: 5, output_tokens: 5 };
    const iterations = [{ type: "compaction", input_tokens: 9, output_tokens: 1 }, pass, pass];
    const usage = usageFromAnthropic({ input_tokens: 10, output_tokens: 10, iterations });
    assert.equal(usage?.furtherModels, undefined);
    assert.equal(usage?.output, 11);
  }
});

test("what the asked model and further ones used sums to the whole, kind by kind", () => {
  const count = fc.nat(1_000_000);
  const pass = fc.record({
    type: fc.constantFrom("message", "advisor_message", "compaction"),
    model: fc.constantFrom("a", "b", "c"),
    input_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
    output_tokens: count,
  });
  fc.assert(
    fc.property(fc.array(pass, { minLength: 1 }), (iterations) => {
      const usage = usageFromAnthropic({ input_tokens: 1, output_tokens: 1, iterations }) ?? zeroUsage;
      const parts = [ownUsage(usage), ...(usage.furtherModels ?? []).map((further) => further.usage)];
      for (const kind of ["uncachedInput", "cacheRead", "cacheWrite5m", "output"] as const) {
        const sum = parts.reduce((total, part) => total + part[kind], 0);
        assert.equal(sum, usage[kind]);
      }
      const asked = iterations.find(({ type }) => type === "message")?.model;
      for (const { model, usage: used } of usage.furtherModels ?? []) {
        assert.notEqual(model, asked);
        const output = iterations.reduce((sum, one) => sum + (one.model === model ? one.output_tokens : 0), 0);
        assert.equal(used.output, output);
      }
    }),
  );
});

test("counts that are no counts are zero, and a usage without any count is none", () => {
  assert.equal(usageFromAnthropic({}), null);
  assert.equal(usageFromAnthropic({ service_tier: "standard" }), null);
  const odd = usageFromAnthropic({
    input_tokens: -4,
    output_tokens: 3,
    cache_read_input_tokens: null,
    iterations: null,
  });
  assert.deepEqual([odd?.uncachedInput, odd?.output, odd?.cacheRead], [0, 3, 0]);
});

test("a count in digits counts, one that no call can have is none", () => {
  const usage = usageFromAnthropic({ input_tokens: "12", output_tokens: 1e12, cache_read_input_tokens: "many" });
  assert.deepEqual([usage?.uncachedInput, usage?.output, usage?.cacheRead], [12, 0, 0]);
});

test("reasoning is a part of the output, and tools that no call can have asked so often were not asked", () => {
  const usage = usageFromAnthropic({
    input_tokens: 1,
    output_tokens: 5,
    output_tokens_details: { thinking_tokens: 9 },
    server_tool_use: { web_search_requests: 1e6 },
  });
  assert.deepEqual([usage?.output, usage?.reasoning, usage?.serverToolRequests], [5, 5, 0]);
});

test("no count is lost or doubled without iterations", () => {
  const count = fc.nat(1_000_000);
  fc.assert(
    fc.property(count, count, count, count, (input, read, written, oneHour) => {
      const usage = usageFromAnthropic({
        input_tokens: input,
        cache_read_input_tokens: read,
        cache_creation_input_tokens: written,
        cache_creation: { ephemeral_1h_input_tokens: oneHour },
        output_tokens: 1,
      });
      assert.equal(usage === null ? -1 : totalInput(usage), input + read + written);
    }),
  );
});
