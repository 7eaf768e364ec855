import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { dayMs } from "../../core/time/durations.ts";
import type { RecordFilter } from "./ledger.ts";
import { createLedgerReader } from "./reader.ts";
import { queryColumns, toRows } from "./sqlite/sqlite-query.ts";
import { createSqliteWriter } from "./sqlite/sqlite-writer.ts";
import { migrateSqlite } from "./sqlite/sqlite.ts";
import { createTestRecord } from "./test-record.ts";
import { lineFromRecord } from "./waiting/row-line.ts";

test("what a budget's window has spent is summed without all else that reports want", async () => {
  const asked: string[] = [];
  const reader = createLedgerReader((sql) => {
    asked.push(sql);
    return Promise.resolve([{ cost_nano_usd: 7 }]);
  });
  assert.equal(await reader.spent({ fromMs: 0, toMs: 30 * dayMs, filter: { user: "ada" } }), 7n);
  assert.equal(asked.length, 1);
  assert.deepEqual([...new Set(asked[0]!.match(/(?<=SUM\()\w+/g))], ["cost_nano_usd"]);
});

test("calls that failed are found by an index, be they few among many", async (t) => {
  const database = new DatabaseSync(":memory:");
  t.after(() => database.close());
  migrateSqlite(database);
  const plans: string[] = [];
  const reader = createLedgerReader((sql, parameters) => {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
    plans.push(...plan.map(({ detail }) => String(detail)));
    return Promise.resolve([]);
  });
  await reader.records({ outcome: "error", model: "claude-opus-5" });
  await reader.records({ outcome: "error", fromMs: 5 });
  assert.deepEqual(plans, [
    "SEARCH calls USING INDEX calls_failed (outcome=?)",
    "SEARCH calls USING INDEX calls_failed (outcome=? AND started_at_ms>?)",
  ]);
});

test("calls of a provider or a model are found without a look at all rows, be they few among many", async (t) => {
  const database = new DatabaseSync(":memory:");
  t.after(() => database.close());
  migrateSqlite(database);
  const lines = Array.from({ length: 20_000 }, (_, call) =>
    lineFromRecord(createTestRecord({ id: `call-${call}`, startedAtMs: call, model: call === 7 ? "rare" : "usual" })),
  );
  createSqliteWriter(database).insert(lines);
  const reader = createLedgerReader((sql, parameters) =>
    Promise.resolve(toRows(queryColumns(database, sql, parameters))),
  );
  const least = async (filter: RecordFilter, found: number): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 7; round++) {
      const startedAt = performance.now();
      assert.equal((await reader.records(filter)).entries.length, found);
      times.push(performance.now() - startedAt);
    }
    return Math.min(...times);
  };
  const allRowsMs = await least({ tier: "nobody's" }, 0);
  for (const [filter, found] of [
    [{ model: "rare" }, 1],
    [{ provider: "nobody" }, 0],
  ] as const)
    assert.ok((await least(filter, found)) < allRowsMs / 3);
});
