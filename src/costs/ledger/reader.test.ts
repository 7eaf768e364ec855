import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { dayMs } from "../../core/time/durations.ts";
import { createLedgerReader } from "./reader.ts";
import { migrateSqlite } from "./sqlite/sqlite.ts";

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

test("whether a call was of a provider or a model is seen in the index by time, and its row not read for it", async (t) => {
  const database = new DatabaseSync(":memory:");
  t.after(() => database.close());
  migrateSqlite(database);
  const columns = database.prepare("PRAGMA index_info(calls_by_time)").all();
  const index = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'calls_by_time'").get();
  const reader = createLedgerReader((sql, parameters) => {
    const program = database.prepare(`EXPLAIN ${sql}`).all(...parameters);
    // https://www.sqlite.org/opcode.html: what is opened has its root page in p2, and is called p1 from then on.
    const cursor = program.find(({ opcode, p2 }) => opcode === "OpenRead" && p2 === index?.["rootpage"])?.["p1"];
    const read = program.filter(({ opcode, p1 }) => opcode === "Column" && p1 === cursor).map(({ p2 }) => p2);
    asked.push(columns.filter(({ seqno }) => read.includes(seqno)).map(({ name }) => name));
    return Promise.resolve([]);
  });
  const asked: unknown[][] = [];
  await reader.records({ model: "rare" });
  await reader.records({ provider: "nobody" });
  assert.deepEqual([asked[0]?.includes("model"), asked[1]?.includes("provider")], [true, true]);
});
