import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createManualClock } from "../../../core/time/clock.ts";
import { silentLogger } from "../../../core/log/logging.ts";
import type { CallRow } from "../row.ts";
import { linesFromRecords, rowFromLine } from "./row-line.ts";
import { openSpillFile } from "./spill-file.ts";
import { Spiller } from "./spiller.ts";
import { createTestRecord } from "../test-record.ts";

function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "spill-"));
  return run(join(folder, "spill.ndjson")).finally(() => rmSync(folder, { recursive: true }));
}

function rows(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    linesFromRecords([createTestRecord({ id: `req_${from + index}`, user: "ada ä 漢" })]).trimEnd(),
  );
}

function idOf([id]: CallRow): string {
  return String(id);
}

interface Database {
  readonly rows: string[];
  isAway: boolean;
  readonly refused: Set<string>;
  readonly insert: (batch: readonly CallRow[]) => Promise<void>;
}

/** A database that can be away and can refuse rows. */
function createDatabase(): Database {
  const database: Database = {
    rows: [],
    isAway: false,
    refused: new Set(),
    insert: (batch) => {
      if (database.isAway) return Promise.reject(new Error("connection refused"));
      if (batch.some((row) => database.refused.has(idOf(row)))) {
        return Promise.reject(Object.assign(new Error("invalid byte sequence"), { code: "22021" }));
      }
      database.rows.push(...batch.map(idOf));
      return Promise.resolve();
    },
  };
  return database;
}

function open(path: string, insert: (batch: readonly CallRow[]) => Promise<void>, maxBytes = 1e9): Spiller {
  const clock = createManualClock(5_000);
  return new Spiller({ insert, path, maxBytes, retryMs: 3_600_000, clock, logger: silentLogger });
}

test("rows follow in order, new ones behind those that wait", () =>
  inFolder(async (path) => {
    const database = createDatabase();
    const spiller = open(path, database.insert);
    database.isAway = true;
    await spiller.write(rows(0, 500));
    database.isAway = false;
    await spiller.write(rows(500, 10)); // the database is back, but others are first
    assert.deepEqual([database.rows.length, spiller.health().rows], [0, 510]);
    assert.equal(await spiller.catchUp(), true);
    assert.deepEqual(
      database.rows,
      rows(0, 510).map((line) => idOf(rowFromLine(line))),
    );
    assert.deepEqual(spiller.health(), { rows: 0, failedWrites: 1, lastError: null, sinceMs: null });
    await spiller.close();
  }));

test("what a dead process left is brought in by the next one, whole rows only", () =>
  inFolder(async (path) => {
    const database = createDatabase();
    database.isAway = true;
    const first = open(path, database.insert);
    await first.write(rows(0, 3));
    assert.equal(first.health().sinceMs, 5_000);
    appendFileSync(path, '{"id":"req_cut","started'); // cut off while it was written
    database.isAway = false;
    const second = open(path, database.insert);
    assert.equal(second.health().rows, 3);
    await second.write(rows(3, 1));
    await second.catchUp();
    assert.deepEqual(database.rows, ["req_0", "req_1", "req_2", "req_3"]);
    await second.close();
  }));

test("a row that the database refuses for ever does not hold up the others", () =>
  inFolder(async (path) => {
    const database = createDatabase();
    database.refused.add("req_1");
    const spiller = open(path, database.insert);
    await spiller.write(rows(0, 3));
    assert.deepEqual(database.rows, ["req_0", "req_2"]);
    await spiller.close();
  }));

test("a line that holds no row of this version does not hold up the others, and waits as long as the database is away", () =>
  inFolder(async (path) => {
    const database = createDatabase();
    const [row = "", next = ""] = rows(0, 2);
    const ofLater = next.replace("[[", '[["more",');
    appendFileSync(path, [ofLater, '{"version":2}', "null", "[]", ""].join("\n"));
    database.isAway = true;
    const first = open(path, database.insert);
    assert.equal(await first.catchUp(), false);
    assert.equal(first.health().rows, 4);
    await first.close();
    database.isAway = false;
    const second = open(path, database.insert);
    await second.write([row]);
    assert.equal(await second.catchUp(), true);
    assert.deepEqual([database.rows, second.health().rows], [["req_0"], 0]);
    await second.close();
  }));

test("a full spill file refuses, and keeps what it has", () =>
  inFolder(async (path) => {
    const database = createDatabase();
    database.isAway = true;
    const spiller = open(path, database.insert, 10_000);
    await spiller.write(rows(0, 2));
    await assert.rejects(spiller.write(rows(2, 100)), /full/);
    assert.equal(spiller.health().rows, 2);
    await spiller.close();
  }));

test("rows come out of the file as they went in", () =>
  inFolder((path) => {
    const file = openSpillFile(path, 1e9);
    const all = rows(0, 300);
    file.append(all);
    assert.deepEqual(file.peek(200), all.slice(0, 200));
    assert.deepEqual(file.peek(200), all.slice(0, 200), "peeking takes nothing");
    file.drop();
    assert.deepEqual(file.peek(200), all.slice(200));
    file.drop();
    assert.deepEqual([file.rows, file.peek(1).length], [0, 0]);
    file.close();
    return Promise.resolve();
  }));
