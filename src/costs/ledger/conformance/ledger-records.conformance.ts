/** What every ledger promises of its rows: kept as they came, read by pages and filters. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { dayMs } from "../../../core/time/durations.ts";
import type { CallRecord } from "../../../core/record.ts";
import { zeroUsage } from "../../../core/usage.ts";
import type { Usage } from "../../../core/usage.ts";
import type { RecordFilter } from "../ledger.ts";
import { day } from "./ledger-under-test.ts";
import type { LedgerPromise } from "./ledger-under-test.ts";
import { createTestRecord } from "../test-record.ts";

export function testLedgerRecords(promise: LedgerPromise): void {
  promise("a record comes back exactly as it was handed over", async (ledger) => {
    const records = fc.sample(arbitraryRecord, { numRuns: 30, seed: 7 });
    const unique = records.map((record, index) => ({ ...record, id: `req_${index}` }));
    for (const record of unique) ledger.append(record);
    assert.equal(await ledger.flush(), true);
    const { entries } = await ledger.records({}, { limit: 100 });
    const byId = new Map(entries.map((entry) => [entry.record.id, entry]));
    for (const record of unique) {
      assert.deepEqual(byId.get(record.id)?.record, JSON.parse(JSON.stringify(record)));
      assert.equal(byId.get(record.id)?.costNanoUsd, record.cost?.nanoUsd ?? null);
    }
  });

  promise("rows survive closing and opening again", async (ledger, reopen) => {
    ledger.append(createTestRecord({ id: "req_a" }));
    await ledger.close();
    const again = await reopen();
    assert.equal((await again.records({})).entries.length, 1);
    await again.close();
  });

  promise("a record handed over twice is one row and counts once", async (ledger) => {
    const record = createTestRecord({ id: "req_twice", costNanoUsd: 5 });
    ledger.append(record);
    ledger.append(record);
    await ledger.flush();
    ledger.append(record);
    await ledger.flush();
    const [sums] = await ledger.sums({ fromMs: 0, toMs: day * 2, by: [] });
    assert.equal(sums?.calls, 1);
    assert.equal(sums?.costNanoUsd, 5n);
    assert.equal((await ledger.records({})).entries.length, 1);
  });

  promise("pages come newest first, without gaps or repeats", async (ledger) => {
    for (let index = 0; index < 25; index++) {
      ledger.append(createTestRecord({ id: `req_${index}`, startedAtMs: day + Math.floor(index / 3) * 1000 }));
    }
    await ledger.flush();
    const seen: CallRecord[] = [];
    let cursor: string | null = null;
    do {
      const page = await ledger.records({}, { limit: 10, cursor });
      seen.push(...page.entries.map((entry) => entry.record));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.equal(new Set(seen.map((record) => record.id)).size, 25);
    for (const [index, record] of seen.entries()) {
      assert.ok(record.startedAtMs <= (seen[index - 1]?.startedAtMs ?? Number.POSITIVE_INFINITY));
    }
  });

  promise("a cursor that is none is refused", async (ledger) => {
    await assert.rejects(ledger.records({}, { cursor: "1; DROP TABLE calls" }), RangeError);
  });

  promise("filters keep what fits and nothing else", async (ledger) => {
    const fitting = createTestRecord({ id: "req_fits", user: "ada", startedAtMs: day + 5 });
    ledger.append(fitting);
    ledger.append(
      createTestRecord({ id: "req_other", user: "bob", model: "other", outcome: "error", startedAtMs: day }),
    );
    await ledger.flush();
    const filters: RecordFilter[] = [
      { user: "ada" },
      { id: "req_fits" },
      { model: fitting.target?.model },
      { outcome: "success" },
      { fromMs: day + 1 },
      { user: "ada", team: fitting.caller.team ?? undefined, tier: "standard", keyId: fitting.caller.keyId },
    ];
    for (const filter of filters) {
      const { entries } = await ledger.records(filter);
      assert.deepEqual(
        entries.map((entry) => entry.record.id),
        ["req_fits"],
        JSON.stringify(filter),
      );
    }
    assert.equal((await ledger.records({ user: "' OR 1=1 --" })).entries.length, 0);
  });

  promise("other tables are written all or none, and read", async (ledger) => {
    const insert = "INSERT INTO spend_limits VALUES (?, ?, ?, ?, ?, ?, ?)";
    await ledger.tables.write([{ sql: insert, parameters: ["spl_1", "user", "ada", "daily", 500, 1, 1] }]);
    await assert.rejects(
      ledger.tables.write([
        { sql: insert, parameters: ["spl_2", "user", "bob", "daily", 500, 1, 1] },
        { sql: insert, parameters: ["spl_1", "user", "eve", "daily", 500, 1, 1] },
      ]),
    );
    const rows = await ledger.tables.query("SELECT id, amount_cents FROM spend_limits WHERE period = ?", ["daily"]);
    assert.deepEqual(
      rows.map((row) => [row["id"], Number(row["amount_cents"])]),
      [["spl_1", 500]],
    );
  });
}

const words = fc.string({ unit: "grapheme", maxLength: 12 }).filter((word) => !word.includes("\0"));

function withFurtherModel(usage: Usage, model: string | undefined): Usage {
  if (model === undefined) return usage;
  return {
    ...usage,
    inputAudio: 3,
    outputAudio: 4,
    furtherModels: [{ model, usage: { ...zeroUsage, uncachedInput: 20, output: 300 } }],
  };
}

const arbitraryRecord: fc.Arbitrary<CallRecord> = fc
  .record({
    notes: fc.array(words, { maxLength: 3 }),
    message: fc.option(words),
    user: words,
    firstByteMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true, noDefaultInfinity: true })),
    hasUsage: fc.boolean(),
    hasCost: fc.boolean(),
    hasTarget: fc.boolean(),
    hasSavings: fc.boolean(),
    serviceTier: fc.option(fc.constantFrom("priority", "flex"), { nil: undefined }),
    furtherModel: fc.option(fc.constantFrom("claude-opus-5", "__proto__"), { nil: undefined }),
    startedAtMs: fc.integer({ min: day, max: day + dayMs }),
  })
  .map((shape) => {
    const base = createTestRecord({ id: "x", user: shape.user, startedAtMs: shape.startedAtMs });
    const { savings, ...rest } = base;
    return {
      ...rest,
      ...(shape.hasSavings && savings !== undefined ? { savings } : {}),
      serviceTier: shape.serviceTier,
      notes: shape.notes,
      errorMessage: shape.message,
      firstByteMs: shape.firstByteMs === null ? null : Math.abs(shape.firstByteMs),
      usage: shape.hasUsage ? withFurtherModel(base.usage!, shape.furtherModel) : null,
      cost: shape.hasCost ? base.cost : null,
      target: shape.hasTarget ? base.target : null,
      plan: shape.hasTarget ? base.plan : null,
    };
  });
