/** What the answer cache and the prompt cache would save, against a replay of the ledger. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dayMs, hourMs } from "../../src/core/time/durations.ts";
import type { CallRecord } from "../../src/core/record.ts";
import { zeroUsage } from "../../src/core/usage.ts";
import type { Usage } from "../../src/core/usage.ts";
import { costOfUsage } from "../../src/costs/cost-of-usage.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";
import { recommendAnswerCaching } from "../../src/optimization/recommendations/answer-caching.ts";
import { recommendPromptCache } from "../../src/optimization/recommendations/prompt-cache.ts";
import { randomOf } from "../../src/optimization/testdata/simulated-session.ts";
import {
  assertReproduced,
  call,
  haiku,
  inputsOf,
  minuteMs,
  opus,
  ordinaryCalls,
  periodDays,
  pricesFor,
  replay,
  startMs,
  withLedger,
} from "./recommendation-ledger.ts";

test("answer caching: the figure is what repeated calls within the cache's life cost", async () => {
  const random = randomOf(11);
  const repeats = new Set<string>();
  const records = ordinaryCalls(150);
  for (let day = 0; day < periodDays; day++) {
    const atMs = startMs + day * dayMs + 8 * hourMs;
    const same = { requestBytes: 5_000 + day, isStreaming: false };
    const times = 3 + Math.floor(random() * 4);
    for (let time = 0; time <= times; time++) {
      const record = call(atMs + time * 8 * minuteMs, haiku, { uncachedInput: 3_000 }, same);
      if (time > 0) repeats.add(record.id);
      records.push(record);
    }
    // the same once more, when its answer is no longer kept; another user's; one for which the cache was asked
    records.push(call(atMs + 3 * hourMs, haiku, { uncachedInput: 3_000 }, same));
    const other = createTestRecord({ id: "x", user: "bob" }).caller;
    records.push(call(atMs + minuteMs, haiku, { uncachedInput: 3_000 }, { ...same, caller: other }));
    records.push(call(atMs + minuteMs, haiku, { uncachedInput: 3_000 }, { ...same, cacheStatus: "miss" }));
  }
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger);
    const found = recommendAnswerCaching(inputs);
    assertReproduced(found, await replay(ledger, (record) => (repeats.has(record.id) ? null : record)), inputs);
    assert.equal(found?.basedOnCalls, repeats.size);
  });
});

test("prompt cache: the figure is what conversations cost less with their prefix read", async () => {
  const ideal = new Map<string, Usage>();
  const records = ordinaryCalls(120);
  for (let session = 0; session < 6; session++) {
    const isBroken = session < 4;
    let before = 0;
    let lastMs = 0;
    for (let turn = 0; turn < 9; turn++) {
      // a pause after the fifth call: nothing could have been read there
      const atMs = startMs + session * dayMs + turn * minuteMs + (turn > 4 ? 20 * minuteMs : 0);
      const total = 20_000 + turn * 1_500;
      const warm = turn > 0 && atMs - lastMs < 5 * minuteMs ? before : 0;
      const best = { cacheRead: warm, cacheWrite5m: total - warm };
      const client = { sessionId: `s${session}`, agentId: null, parentAgentId: null, app: null };
      const record = call(atMs, opus, isBroken ? { cacheWrite5m: total } : best, { client });
      if (isBroken) ideal.set(record.id, { ...record.usage!, ...best });
      records.push(record);
      [before, lastMs] = [total, atMs];
    }
  }
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger);
    const found = recommendPromptCache(inputs);
    const saved = await replay(ledger, (record) => {
      const usage = ideal.get(record.id);
      return usage === undefined ? record : { ...record, usage };
    });
    assertReproduced(found, saved, inputs);
    assert.equal(found?.basedOnCalls, 4 * 7);
    assert.match(found?.description ?? "", /In 4 conversations 28 calls/);
  });
});

test("prompt cache: what an advisor used and cost is no part of the figure", async () => {
  const figures: (number | undefined)[] = [];
  for (const isAdvised of [false, true]) {
    const records = ordinaryCalls(120);
    for (let turn = 0; turn < 60; turn++) {
      const client = { sessionId: `s${turn % 6}`, agentId: null, parentAgentId: null, app: null };
      const atMs = startMs + (turn % 6) * dayMs + Math.floor(turn / 6) * minuteMs;
      const record = call(atMs, haiku, { cacheWrite5m: 20_000 + turn * 100 }, { client });
      records.push(isAdvised ? advised(record, atMs) : record);
    }
    await withLedger(records, async (ledger) => {
      figures.push(recommendPromptCache(await inputsOf(ledger))?.savedNanoUsd);
    });
  }
  assert.ok((figures[0] ?? 0) > 0);
  assert.equal(figures[1], figures[0]);
});

function advised(record: CallRecord, atMs: number): CallRecord {
  const used = { ...zeroUsage, uncachedInput: 90_000, output: 5_000 };
  const { uncachedInput, output } = record.usage!;
  const usage = {
    ...record.usage!,
    uncachedInput: uncachedInput + used.uncachedInput,
    output: output + used.output,
    furtherModels: [{ model: opus.model, usage: used }],
  };
  const furtherModels = [{ model: opus.model, prices: pricesFor(opus, atMs) }];
  return { ...record, usage, cost: costOfUsage(usage, { ...pricesFor(haiku, atMs), furtherModels }) };
}

test("the answer cache is recommended only where it is off", async () => {
  const again = Array.from({ length: 120 }, (_, index) =>
    call(
      startMs + Math.floor(index / 2) * 3 * hourMs + (index % 2) * minuteMs,
      opus,
      {},
      { requestBytes: 10_000 + Math.floor(index / 2) },
    ),
  );
  await withLedger(again, async (ledger) => {
    const inputs = await inputsOf(ledger);
    assert.equal(recommendAnswerCaching(inputs)?.basedOnCalls, 60);
    assert.equal(recommendAnswerCaching({ ...inputs, answerCacheTtlMs: null }), null);
  });
});
