import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../core/time/clock.ts";
import { silentLogger } from "../core/log/logging.ts";
import { totalInput, zeroUsage } from "../core/usage.ts";
import { costOfUsage } from "./cost-of-usage.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { createSqliteLedger } from "./ledger/sqlite/sqlite.ts";
import { createTestRecord } from "./ledger/test-record.ts";
import { createPriceBook } from "./prices/price-book.ts";
import type { PriceBook } from "./prices/price-book.ts";
import type { PriceOverride } from "../core/money-settings.ts";
import { pricesOfUsage } from "./prices/prices-of-usage.ts";
import { reprice } from "./reprice.ts";

const june = Date.UTC(2026, 5, 15);
const july = Date.UTC(2026, 6, 15);
const request = { filter: {}, isDryRun: false, reason: "contract signed", nowMs: Date.UTC(2026, 10, 22) };

function createBook(overrides: readonly PriceOverride[]): PriceBook {
  const unknownModel = { inputUsdPerMillion: 10, outputUsdPerMillion: 50 };
  return createPriceBook({ multiplier: 1, unknownModel, overrides, providerKinds: {} }, silentLogger);
}

const list = createBook([]);
const contract = createBook([{ provider: "anthropic", model: "claude-*", outputUsdPerMillion: 5, from: "2026-07-01" }]);

async function withHistory(run: (ledger: Ledger) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "reprice-"));
  const ledger = createSqliteLedger({ path: join(folder, "l.sqlite"), clock: systemClock, logger: silentLogger });
  for (let call = 0; call < 1_200; call++) {
    const record = createTestRecord({ id: `req_${call}`, startedAtMs: call % 2 === 0 ? june + call : july + call });
    const usage = record.usage ?? assert.fail();
    const prices = list.pricesFor(
      { provider: "anthropic", model: "claude-sonnet-5" },
      record.startedAtMs,
      totalInput(usage),
    );
    ledger.append({ ...record, cost: costOfUsage(usage, prices) });
  }
  ledger.append({ ...createTestRecord({ id: "req_hit", startedAtMs: july, costNanoUsd: 0 }), cacheStatus: "hit" });
  await ledger.flush();
  try {
    await run(ledger);
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

async function totalOf(ledger: Ledger): Promise<bigint> {
  const [sums] = await ledger.sums({ fromMs: june - 1, toMs: request.nowMs, by: [] });
  return sums?.costNanoUsd ?? 0n;
}

test("under the book that priced it, history does not change", () =>
  withHistory(async (ledger) => {
    const result = await reprice(ledger, list, request);
    assert.deepEqual([result.calls, result.changedCalls, result.corrections], [1_200, 0, 0]);
    assert.equal(result.beforeNanoUsd, result.afterNanoUsd);
  }));

test("a dry run tells the difference and writes nothing", () =>
  withHistory(async (ledger) => {
    const before = await totalOf(ledger);
    const result = await reprice(ledger, contract, { ...request, isDryRun: true });
    assert.equal(result.changedCalls, 600, "only the calls from July on");
    const [change] = result.byTarget;
    assert.equal(change?.differenceNanoUsd, -600n * 800n * 5_000n);
    assert.equal(result.afterNanoUsd - result.beforeNanoUsd, change?.differenceNanoUsd);
    assert.equal(result.corrections, 0);
    assert.equal(await totalOf(ledger), before);
  }));

test("repricing corrects rows and sums, and a second time changes nothing", () =>
  withHistory(async (ledger) => {
    const first = await reprice(ledger, contract, request);
    assert.equal(first.corrections, 600);
    assert.equal(await totalOf(ledger), first.afterNanoUsd);
    const [entry] = (await ledger.records({ fromMs: july })).entries;
    assert.equal(entry?.corrections[0]?.reason, "contract signed");
    assert.equal(entry?.record.cost?.prices.output, 10_000_000, "the call keeps the prices it was charged at");
    const second = await reprice(ledger, contract, request);
    assert.deepEqual([second.changedCalls, second.corrections], [0, 0]);
    assert.equal(second.beforeNanoUsd, first.afterNanoUsd);
  }));

test("calls of a provider that is no longer configured stay as they are, and are told", () =>
  withHistory(async (ledger) => {
    const gone = createTestRecord({ id: "req_gone", startedAtMs: july, costNanoUsd: 7 });
    ledger.append({ ...gone, target: { provider: "work", model: "claude-sonnet-5" } });
    await ledger.flush();
    const result = await reprice(ledger, contract, request);
    assert.deepEqual([result.calls, result.leftCalls, result.leftProviders], [1_200, 1, ["work"]]);
    assert.equal((await ledger.records({ id: "req_gone" })).entries[0]?.costNanoUsd, 7);
    const stated = createBook([{ provider: "work", model: "*", inputUsdPerMillion: 1 }]);
    assert.equal((await reprice(ledger, stated, { ...request, isDryRun: true })).leftCalls, 0);
  }));

test("what changes is told by target, the largest difference first, whichever way it goes", () =>
  withHistory(async (ledger) => {
    const other = (id: string, model: string) => ({
      ...createTestRecord({ id, startedAtMs: july, costNanoUsd: 0 }),
      target: { provider: "anthropic", model },
    });
    for (const id of ["req_opus_1", "req_opus_2"]) ledger.append(other(id, "claude-opus-5"));
    ledger.append(other("req_haiku", "claude-haiku-4-5"));
    for (const provider of ["zeta", "alpha"]) {
      ledger.append({ ...other(`req_${provider}`, "m"), target: { provider, model: "m" } });
    }
    ledger.append({ ...other("req_nowhere", "m"), target: null });
    ledger.append({ ...other("req_uncounted", "m"), usage: null });
    await ledger.flush();
    const result = await reprice(ledger, contract, { ...request, isDryRun: true });
    assert.deepEqual(
      result.byTarget.map(({ model, changedCalls }) => [model, changedCalls]),
      [
        ["claude-sonnet-5", 600],
        ["claude-opus-5", 2],
        ["claude-haiku-4-5", 1],
      ],
    );
    const [falls, rises] = result.byTarget;
    assert.ok(falls!.differenceNanoUsd < 0n && rises!.differenceNanoUsd > 0n);
    assert.deepEqual([result.calls, result.leftProviders], [1_203, ["alpha", "zeta"]]);
  }));

test("a call that the answer cache served stays at nothing", () =>
  withHistory(async (ledger) => {
    await reprice(ledger, contract, request);
    assert.equal((await ledger.records({ id: "req_hit" })).entries[0]?.costNanoUsd, 0);
  }));

test("what further models used is priced again as theirs, exactly", () =>
  withHistory(async (ledger) => {
    const base = createTestRecord({ id: "req_advised", startedAtMs: july });
    const target = { provider: "anthropic", model: "claude-sonnet-5" };
    const used = { ...zeroUsage, uncachedInput: 100, output: 300 };
    const usage = { ...base.usage!, furtherModels: [{ model: "claude-opus-5", usage: used }] };
    const paid = costOfUsage(usage, pricesOfUsage(list, { target, atMs: july, usage }));
    ledger.append({ ...base, usage, cost: paid });
    await ledger.flush();
    const only = { ...request, filter: { id: "req_advised" } };
    assert.equal((await reprice(ledger, list, only)).changedCalls, 0, "under the book that priced it");
    const dearer = createBook([{ provider: "anthropic", model: "claude-opus-5", outputUsdPerMillion: 1_000 }]);
    const result = await reprice(ledger, dearer, only);
    const listed = list.pricesFor({ ...target, model: "claude-opus-5" }, july, 100).output;
    assert.equal(result.afterNanoUsd - result.beforeNanoUsd, BigInt((300 * (1_000_000_000 - listed)) / 1_000));
    assert.equal((await reprice(ledger, dearer, only)).changedCalls, 0, "a second time");
    const [entry] = (await ledger.records({ id: "req_advised" })).entries;
    const corrected = entry?.corrections[0] ?? assert.fail();
    assert.equal(costOfUsage(entry?.record.usage ?? assert.fail(), corrected.prices).nanoUsd, corrected.toNanoUsd);
  }));
