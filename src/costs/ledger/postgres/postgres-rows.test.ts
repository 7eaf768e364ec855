/** What the rows of the ledger in PostgreSQL promise. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Pool } from "pg";
import { migratePostgres } from "./postgres-migrate.ts";
import { correctCalls, insertCalls, removeBefore } from "./postgres-rows.ts";
import { rowFromRecord } from "../row.ts";
import { createTestRecord } from "../test-record.ts";
import { inPlace, skip, url } from "./test-postgres-place.ts";

test("postgres: a step of retention takes calls, the oldest first, and their corrections with them", { skip }, () =>
  inPlace(async (place) => {
    const pool = new Pool({ connectionString: url, options: `-c search_path=${place.schema}` });
    await migratePostgres(pool, place.schema);
    const records = Array.from({ length: 2_100 }, (_, index) =>
      createTestRecord({ id: `req_${index}`, startedAtMs: 3_000 - index, costNanoUsd: 100 }),
    );
    const corrected = records.filter((_, index) => index % 100 === 0);
    const corrections = corrected.map(({ id, cost }) => {
      return { callId: id, atMs: 9, fromNanoUsd: 100, toNanoUsd: 70, prices: cost!.prices, reason: "reprice" };
    });
    const client = await pool.connect();
    for (let from = 0; from < 2_100; from += 700)
      await insertCalls(client, records.slice(from, from + 700).map(rowFromRecord));
    assert.equal(await correctCalls(client, corrections), 21);
    const steps: (readonly unknown[])[] = [];
    const query = async (sql: string, parameters: unknown[]): Promise<unknown> => {
      const removed = await pool.query(sql, parameters);
      const left = await pool.query(
        `SELECT COUNT(*)::int AS calls, MIN(started_at_ms)::int AS oldest, COUNT(to_nano_usd)::int AS corrected,
            (SELECT COUNT(*)::int FROM corrections) AS corrections FROM calls LEFT JOIN corrections ON call_id = id`,
      );
      steps.push(Object.values(left.rows[0] as object));
      return removed;
    };
    assert.equal(await removeBefore({ query } as unknown as Pool, 2_991), 2_090);
    client.release();
    assert.deepEqual(steps.slice(0, 2), [
      [100, 2_901, 1, 1],
      [10, 2_991, 1, 1],
    ]);
    await pool.end();
  }),
);
