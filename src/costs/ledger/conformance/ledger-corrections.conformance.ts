/** What every ledger promises of corrections, and of what further models cost. */
import assert from "node:assert/strict";
import { dayMs } from "../../../core/time/durations.ts";
import { zeroUsage } from "../../../core/usage.ts";
import { day } from "./ledger-under-test.ts";
import type { LedgerPromise } from "./ledger-under-test.ts";
import { createTestRecord } from "../test-record.ts";

export function testLedgerCorrections(promise: LedgerPromise): void {
  promise("a correction stands beside the row, moves every sum, and is not made twice", async (ledger) => {
    const record = createTestRecord({ id: "req_c", startedAtMs: day, costNanoUsd: 100, session: "s" });
    ledger.append(record);
    await ledger.flush();
    const correction = {
      callId: "req_c",
      atMs: day + 9,
      fromNanoUsd: 100,
      toNanoUsd: 70,
      prices: { ...(record.cost?.prices ?? assert.fail()), output: 1 },
      reason: "reprice",
    };
    assert.equal(await ledger.correct([correction]), 1);
    assert.equal(await ledger.correct([correction]), 0);
    const [entry] = (await ledger.records({ id: "req_c" })).entries;
    assert.equal(entry?.record.cost?.nanoUsd, 100);
    assert.equal(entry?.costNanoUsd, 70);
    assert.deepEqual(entry?.corrections, [correction]);
    for (const by of ["user", "day", "hour", "session"] as const) {
      const [sums] = await ledger.sums({ fromMs: day, toMs: day + dayMs, by: [by] });
      assert.equal(sums?.costNanoUsd, 70n, by);
    }
  });

  promise("what further models used and cost stays apart, in the call and in its corrections", async (ledger) => {
    const base = createTestRecord({ id: "req_further", startedAtMs: day, costNanoUsd: 100 });
    const used = { ...zeroUsage, cacheWrite1h: 7, output: 300 };
    const usage = { ...base.usage!, furtherModels: [{ model: "claude-opus-5", usage: used }], longestPrompt: 99 };
    const { prices } = base.cost!;
    const applied = {
      ...prices,
      furtherModels: [{ model: "claude-opus-5", prices: { ...prices, output: 25_000_000 } }],
    };
    const record = { ...base, usage, cost: { nanoUsd: 100, prices: applied } };
    ledger.append(record);
    await ledger.flush();
    const amounts = { fromNanoUsd: 100, toNanoUsd: 150 };
    const correction = { callId: record.id, atMs: day, ...amounts, prices: applied, reason: "reprice" };
    assert.equal(await ledger.correct([correction]), 1);
    const [entry] = (await ledger.records({})).entries;
    assert.deepEqual(entry?.record, JSON.parse(JSON.stringify(record)));
    assert.deepEqual(entry?.corrections, [correction]);
    const [sums] = await ledger.sums({ fromMs: 0, toMs: day * 2, by: [] });
    assert.deepEqual([sums?.usage.output, sums?.costNanoUsd], [800, 150n], "the sums are those of the whole call");
  });

  promise("a correction of a call that is not there is left out", async (ledger) => {
    const prices = createTestRecord({ id: "x" }).cost?.prices ?? assert.fail();
    const correction = { callId: "req_none", atMs: 1, fromNanoUsd: 1, toNanoUsd: 2, prices, reason: "reprice" };
    assert.equal(await ledger.correct([correction]), 0);
  });
}
