/**
 * Recommendations against a real ledger filled from a seed. Each figure is computed once more here, in another way:
 * the records of the ledger are changed as the recommendation says, priced again and summed.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createManualClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logging.ts";
import type { AppliedPrices, CallRecord } from "../../src/core/record.ts";
import type { Target } from "../../src/core/target.ts";
import { zeroUsage } from "../../src/core/usage.ts";
import type { Usage } from "../../src/core/usage.ts";
import type { BudgetCap } from "../../src/costs/budgets/caps.ts";
import { costOfUsage } from "../../src/costs/cost-of-usage.ts";
import type { Ledger } from "../../src/costs/ledger/ledger.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";
import { promptCacheRulesOf } from "../../src/optimization/prompt-cache-rules.ts";
import { recommendAlternativeTarget } from "../../src/optimization/recommendations/alternative-target.ts";
import { recommendAnswerCaching } from "../../src/optimization/recommendations/answer-caching.ts";
import { recommendBackgroundCalls } from "../../src/optimization/recommendations/background-calls.ts";
import { readBudgetUses } from "../../src/optimization/recommendations/budget-use.ts";
import { recommendFailedCalls } from "../../src/optimization/recommendations/failed-calls.ts";
import { readLedgerCalls } from "../../src/optimization/recommendations/ledger-calls.ts";
import { recommendPeakHours } from "../../src/optimization/recommendations/peak-hours.ts";
import { recommendPromptCache } from "../../src/optimization/recommendations/prompt-cache.ts";
import { recommend } from "../../src/optimization/recommendations/recommend.ts";
import type { Recommendation, RecommendationInputs } from "../../src/optimization/recommendations/recommendation.ts";
import { recommendUnusedHeadroom } from "../../src/optimization/recommendations/unused-headroom.ts";
import { randomOf } from "../../src/optimization/testdata/simulated-session.ts";

const startMs = Date.UTC(2026, 10, 1);
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];
const periodDays = 10;
const endMs = startMs + periodDays * dayMs;

const opus: Target = { provider: "anthropic", model: "claude-opus-5" };
const haiku: Target = { provider: "anthropic", model: "claude-haiku-4-5" };
const chat: Target = { provider: "deepseek", model: "deepseek-chat" };

/** US dollars for a million tokens: uncached, read, written, output. */
const lists: Readonly<Record<string, readonly [number, number, number, number]>> = {
  "claude-opus-5": [5, 0.5, 6.25, 25],
  "claude-haiku-4-5": [1, 0.1, 1.25, 5],
  "deepseek-chat": [0.4, 0.1, 0.4, 1.2],
};

/** The last one is half price at night, from 16:00 to 24:00 UTC. */
function pricesFor({ model }: Target, atMs: number): AppliedPrices {
  const factor = model === chat.model && atMs % dayMs >= 16 * hourMs ? 500_000 : 1_000_000;
  const [input, read, write, output] = lists[model]!.map((usd) => Math.round(usd * factor)) as [
    number,
    number,
    number,
    number,
  ];
  return {
    uncachedInput: input,
    cacheRead: read,
    cacheWrite5m: write,
    cacheWrite1h: 2 * input,
    output,
    serverToolRequest: 0,
    source: "configuration",
  };
}

let nextId = 0;

function call(atMs: number, target: Target, usage: Partial<Usage>, more: Partial<CallRecord> = {}): CallRecord {
  nextId += 1;
  const whole = { ...zeroUsage, output: 300, ...usage };
  return {
    ...createTestRecord({ id: `req_${nextId}`, startedAtMs: Math.round(atMs), session: null }),
    target,
    askedModel: target.model,
    usage: whole,
    cost: costOfUsage(whole, pricesFor(target, atMs)),
    cacheStatus: "bypass",
    requestBytes: 10_000 + nextId,
    ...more,
  };
}

/** Ordinary calls over the whole period, none of which gives reason to recommend anything. */
function ordinaryCalls(count: number): CallRecord[] {
  return Array.from({ length: count }, (_, index) =>
    call(startMs + (index * periodDays * dayMs) / count, opus, { uncachedInput: 2_000 + index }),
  );
}

async function withLedger(records: readonly CallRecord[], run: (ledger: Ledger) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "recommendations-"));
  const clock = createManualClock(endMs);
  const ledger = createSqliteLedger({ path: join(folder, "l.sqlite"), clock, logger: silentLogger });
  try {
    for (const record of records) ledger.append(record);
    await ledger.flush();
    await run(ledger);
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

async function inputsOf(ledger: Ledger, more: Partial<RecommendationInputs> = {}): Promise<RecommendationInputs> {
  const { calls } = await readLedgerCalls(ledger, { fromMs: startMs, toMs: endMs });
  return {
    calls,
    periodMs: endMs - (calls[0]?.startedAtMs ?? startMs),
    pricesFor,
    rulesOf: ({ provider, model }) => promptCacheRulesOf(provider, model),
    qualityOf: () => null,
    otherTargets: [],
    budgetUses: [],
    answerCacheTtlMs: hourMs,
    ...more,
  };
}

/** Sum of all records as they are, less their sum as `change` makes them (null: the call is not made). */
async function replay(ledger: Ledger, change: (record: CallRecord) => CallRecord | null): Promise<number> {
  let saved = 0;
  let cursor: string | null = null;
  do {
    const page = await ledger.records({}, { limit: 1000, cursor });
    for (const { record } of page.entries) {
      const changed = change(record);
      if (changed === record) continue;
      const cost =
        changed === null ? 0 : costOfUsage(changed.usage!, pricesFor(changed.target!, changed.startedAtMs)).nanoUsd;
      saved += record.cost!.nanoUsd - cost;
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return saved;
}

function assertReproduced(found: Recommendation | null, saved: number, inputs: RecommendationInputs): void {
  assert.ok(found !== null && saved > 0);
  assert.equal(found.savedNanoUsd, saved);
  assert.ok(Math.abs(found.savingPerMonthUsd - (saved / 1e9 / inputs.periodMs) * 30 * dayMs) < 1e-8);
  assert.ok(found.howComputed.length > 40 && found.basedOnCalls > 0);
}

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

test("alternatives: the figure is the same tokens at the cheaper target of equal measured quality", async () => {
  const records = [
    ...ordinaryCalls(140),
    ...Array.from({ length: 60 }, (_, i) => call(startMs + i * hourMs, chat, {})),
  ];
  const measured = (value: number): { value: number; samples: number } => ({ value, samples: 80 });
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger, {
      qualityOf: ({ model }) => (model === chat.model ? measured(0.7) : measured(0.9)),
      otherTargets: [haiku],
    });
    const moved = (record: CallRecord): CallRecord =>
      record.target?.model === opus.model ? { ...record, target: haiku } : record;
    const found = recommendAlternativeTarget(inputs);
    assertReproduced(found, await replay(ledger, moved), inputs);
    assert.equal(found?.title, "Send the calls of anthropic/claude-opus-5 to anthropic/claude-haiku-4-5");
    // unmeasured, or measured worse: no advice
    assert.equal(recommendAlternativeTarget({ ...inputs, qualityOf: () => null }), null);
    assert.equal(
      recommendAlternativeTarget({ ...inputs, qualityOf: ({ model }) => measured(model === opus.model ? 0.9 : 0.87) }),
      null,
    );
  });
});

test("background calls: the figure is all of them at the target that proved itself", async () => {
  const asked = { askedModel: "claude-haiku-4-5" };
  const records = ordinaryCalls(100);
  for (let index = 0; index < 60; index++) {
    records.push(call(startMs + index * 3 * hourMs, opus, { uncachedInput: 900 + index }, asked));
    records.push(call(startMs + index * 3 * hourMs, haiku, { uncachedInput: 700 }, asked));
    // cheaper still, but it fails one time in five
    const outcome = index % 5 === 0 ? "error" : "success";
    records.push(call(startMs + index * hourMs, chat, { uncachedInput: 700 }, { ...asked, outcome }));
  }
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger);
    const moved = (record: CallRecord): CallRecord =>
      record.askedModel === asked.askedModel && record.target!.model !== haiku.model
        ? { ...record, target: haiku }
        : record;
    const found = recommendBackgroundCalls(inputs);
    assertReproduced(found, await replay(ledger, moved), inputs);
    assert.match(found?.title ?? "", /to anthropic\/claude-haiku-4-5$/);
  });
});

test("peak hours: the figure is calls that can wait, at the cheapest hour of their day", async () => {
  const records = ordinaryCalls(100);
  for (let index = 0; index < 120; index++) {
    const atMs = startMs + index * 2 * hourMs;
    records.push(call(atMs, chat, { uncachedInput: 50_000 }, { isStreaming: index % 3 === 0 }));
  }
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger);
    const later = (record: CallRecord): CallRecord => {
      if (record.isStreaming || record.target?.model !== chat.model || record.startedAtMs % dayMs >= 16 * hourMs) {
        return record;
      }
      return { ...record, startedAtMs: Math.floor(record.startedAtMs / dayMs) * dayMs + 20 * hourMs };
    };
    const found = recommendPeakHours(inputs);
    assertReproduced(found, await replay(ledger, later), inputs);
    assert.match(found?.description ?? "", /Cheapest from \(UTC\): 16:00\.$/);
  });
});

test("a price that has fallen since, and a dear tier of service, are no reason to wait or to go elsewhere", async () => {
  const records = Array.from({ length: 240 }, (_, index) => {
    const record = call(startMs + index * hourMs, index % 2 === 0 ? haiku : opus, {}, { isStreaming: false });
    return {
      ...record,
      askedModel: "claude-haiku-4-5",
      cost: { ...record.cost!, nanoUsd: record.cost!.nanoUsd * 100 },
    };
  });
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger, { qualityOf: () => ({ value: 0.9, samples: 80 }) });
    assert.equal(recommendPeakHours(inputs), null);
    for (const found of [recommendBackgroundCalls(inputs), recommendAlternativeTarget(inputs)]) {
      assert.match(found?.title ?? "", / to anthropic\/claude-haiku-4-5$/);
      assert.equal(found?.savedNanoUsd, 120 * 300 * (25 - 5) * 1_000);
    }
  });
});

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

test("failed calls: the figure is what they cost, without those that the client broke off", async () => {
  const records = ordinaryCalls(100);
  for (let index = 0; index < 60; index++) {
    const outcome = (["error", "cut", "aborted"] as const)[index % 3]!;
    records.push(
      call(startMs + index * hourMs, chat, { uncachedInput: 9_000 }, { outcome, errorCode: "provider_failed" }),
    );
  }
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger);
    const found = recommendFailedCalls(inputs);
    const saved = await replay(ledger, (record) =>
      record.outcome === "error" || record.outcome === "cut" ? null : record,
    );
    assertReproduced(found, saved, inputs);
    assert.equal(found?.basedOnCalls, 40);
    assert.match(
      found?.description ?? "",
      /40 of them at deepseek\/deepseek-chat, for \$\d\.\d\d, mostly as provider_failed/,
    );
  });
});

test("unused headroom: a cap never used by half is named with what it frees; a saving is not claimed", async () => {
  const clock = Date.UTC(2026, 10, 22, 12);
  const records = Array.from({ length: 210 }, (_, index) =>
    call(startMs + Math.floor(index / 10) * dayMs + hourMs, opus, { uncachedInput: 20_000 }),
  );
  const caps: BudgetCap[] = [
    { scope: "user", id: "ada", dailyNanoUsd: 10e9, weeklyNanoUsd: null, monthlyNanoUsd: null },
    { scope: "all", id: null, dailyNanoUsd: 1.2e9, weeklyNanoUsd: null, monthlyNanoUsd: null },
  ];
  await withLedger(records, async (ledger) => {
    const budgetUses = await readBudgetUses(ledger, caps, clock);
    // ten calls a day of 20,000 tokens at 5 USD a million and 300 at 25: 1.075 USD a day
    assert.deepEqual([...new Set(budgetUses[0]?.spentNanoUsd)], [1_075_000_000]);
    assert.deepEqual([budgetUses[0]?.spentNanoUsd.length, budgetUses[0]?.calls], [21, 210]);
    const found = recommendUnusedHeadroom({ ...(await inputsOf(ledger)), periodMs: 20 * dayMs, budgetUses });
    assert.equal(found?.title, "Lower the daily budget of user ada to $1.61");
    assert.equal(found?.savingPerMonthUsd, 0);
    // (10 − 1.5 × 1.075) × 30
    assert.match(found?.description ?? "", /frees 251\.63 USD a month/);
  });
});

test("a cap over calls that cost nothing is not to be lowered to nothing", async () => {
  await withLedger(ordinaryCalls(100), async (ledger) => {
    const free = { name: "the daily budget of user ada", period: "daily", limitNanoUsd: 5e9, calls: 300 } as const;
    const inputs = await inputsOf(ledger, { budgetUses: [{ ...free, spentNanoUsd: Array<number>(20).fill(0) }] });
    assert.equal(recommendUnusedHeadroom(inputs), null);
  });
});

test("nothing is recommended on fewer than a hundred calls, or less than three days", async () => {
  const failing = { outcome: "error", errorCode: "provider_failed" } as const;
  const few = Array.from({ length: 99 }, (_, index) =>
    call(startMs + index * hourMs, opus, { uncachedInput: 1e5 }, failing),
  );
  await withLedger(few, async (ledger) => {
    const inputs = await inputsOf(ledger);
    assert.deepEqual(recommend(inputs), []);
    const more = { ...inputs, calls: [...inputs.calls, ...inputs.calls] };
    assert.deepEqual(
      recommend(more).map(({ kind }) => kind),
      ["failed-calls"],
    );
    assert.deepEqual(recommend({ ...more, periodMs: 2 * dayMs }), []);
  });
});

test("recommendations come with the largest saving first", async () => {
  const records = ordinaryCalls(100);
  for (let index = 0; index < 80; index++) {
    records.push(call(startMs + index * hourMs, chat, { uncachedInput: 90_000 }, { isStreaming: false }));
    records.push(call(startMs + index * hourMs, opus, { uncachedInput: 90_000 }, { outcome: "cut" }));
  }
  await withLedger(records, async (ledger) => {
    const found = recommend(await inputsOf(ledger));
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["failed-calls", "peak-hours"],
    );
    assert.ok(found[0]!.savingPerMonthUsd > found[1]!.savingPerMonthUsd);
  });
});
