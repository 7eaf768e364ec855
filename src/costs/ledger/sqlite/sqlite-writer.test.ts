import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { linesFromRecords } from "../waiting/row-line.ts";
import { callsStage, createSqliteWriter } from "./sqlite-writer.ts";
import { migrateSqlite } from "./sqlite.ts";
import { createTestRecord } from "../test-record.ts";

test("a step of retention takes some hundred calls, the oldest first, and their corrections with them", () => {
  const database = new DatabaseSync(":memory:");
  migrateSqlite(database);
  const writer = createSqliteWriter(database);
  const records = Array.from({ length: 1_100 }, (_, index) =>
    createTestRecord({ id: `req_${index}`, startedAtMs: 2_000 - index, costNanoUsd: 100 }),
  );
  assert.deepEqual(writer.insert(Buffer.from(linesFromRecords(records))), []);
  const corrections = records.map(({ id, cost }) => {
    return { callId: id, atMs: 9, fromNanoUsd: 100, toNanoUsd: 70, prices: cost!.prices, reason: "reprice" };
  });
  assert.equal(writer.correct(corrections), records.length);
  const left = (): readonly unknown[] =>
    database
      .prepare(
        "SELECT COUNT(*) AS calls, MIN(started_at_ms) AS oldest, COUNT(to_nano_usd) AS corrected FROM calls LEFT JOIN corrections ON call_id = id",
      )
      .all()
      .map((row) => ({ ...row }));
  assert.equal(writer.removePart(callsStage, 1_900), 500);
  assert.deepEqual(left(), [{ calls: 600, oldest: 1_401, corrected: 600 }]);
  assert.equal(database.prepare("SELECT COUNT(*) AS rows FROM corrections").get()?.["rows"], 600);
  assert.deepEqual([writer.removePart(callsStage, 1_900), writer.removePart(callsStage, 1_900)], [499, 0]);
  assert.deepEqual(left(), [{ calls: 101, oldest: 1_900, corrected: 101 }]);
  database.close();
});
