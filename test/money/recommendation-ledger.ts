/**
 * A real ledger with calls from a seed, for recommendations. Each figure is computed once more, in another way: the records
 * of the ledger are changed as the recommendation says, priced again and summed.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "../../src/core/time/clock.ts";
import { dayMs, hourMs } from "../../src/core/time/durations.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import type { AppliedPrices, CallRecord } from "../../src/core/record.ts";
import type { Target } from "../../src/core/target.ts";
import { zeroUsage } from "../../src/core/usage.ts";
import type { Usage } from "../../src/core/usage.ts";
import { costOfUsage } from "../../src/costs/cost-of-usage.ts";
import type { Ledger } from "../../src/costs/ledger/ledger.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite/sqlite.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";
import { promptCacheRulesOf } from "../../src/optimization/sessions/prompt-cache-rules.ts";
import { readLedgerCalls } from "../../src/optimization/recommendations/ledger-calls.ts";
import type { Recommendation, RecommendationInputs } from "../../src/optimization/recommendations/recommendation.ts";

export const startMs: number = Date.UTC(2026, 10, 1);
export const minuteMs = 60_000;
export const periodDays = 10;
const endMs = startMs + periodDays * dayMs;

export const opus: Target = { provider: "anthropic", model: "claude-opus-5" };
export const haiku: Target = { provider: "anthropic", model: "claude-haiku-4-5" };
export const chat: Target = { provider: "deepseek", model: "deepseek-chat" };

/** US dollars for a million tokens: uncached, read, written, output. */
const lists: Readonly<Record<string, readonly [number, number, number, number]>> = {
  "claude-opus-5": [5, 0.5, 6.25, 25],
  "claude-haiku-4-5": [1, 0.1, 1.25, 5],
  "deepseek-chat": [0.4, 0.1, 0.4, 1.2],
};

/** The last one is half price at night, from 16:00 to 24:00 UTC. */
export function pricesFor({ model }: Target, atMs: number): AppliedPrices {
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

/** A call at this time to this target, at its price. */
export function call(atMs: number, target: Target, usage: Partial<Usage>, more: Partial<CallRecord> = {}): CallRecord {
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
export function ordinaryCalls(count: number): CallRecord[] {
  return Array.from({ length: count }, (_, index) =>
    call(startMs + (index * periodDays * dayMs) / count, opus, { uncachedInput: 2_000 + index }),
  );
}

/** Runs with a ledger that holds these records. */
export async function withLedger(
  records: readonly CallRecord[],
  run: (ledger: Ledger) => Promise<void>,
): Promise<void> {
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

/** What recommendations are made from. */
export async function inputsOf(
  ledger: Ledger,
  more: Partial<RecommendationInputs> = {},
): Promise<RecommendationInputs> {
  const calls = await readLedgerCalls(ledger, { fromMs: startMs, toMs: endMs });
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
export async function replay(ledger: Ledger, change: (record: CallRecord) => CallRecord | null): Promise<number> {
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

/** The recommendation claims what the replay saved. */
export function assertReproduced(found: Recommendation | null, saved: number, inputs: RecommendationInputs): void {
  assert.ok(found !== null && saved > 0);
  assert.equal(found.savedNanoUsd, saved);
  assert.ok(Math.abs(found.savingPerMonthUsd - (saved / 1e9 / inputs.periodMs) * 30 * dayMs) < 1e-8);
  assert.ok(found.howComputed.length > 40 && found.basedOnCalls > 0);
}
