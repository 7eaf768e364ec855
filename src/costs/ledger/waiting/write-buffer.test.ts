import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createManualClock } from "../../../core/time/clock.ts";
import { silentLogger } from "../../../core/log/logging.ts";
import { linesOf } from "./row-block.ts";
import { rowFromLine } from "./row-line.ts";
import { createTestRecord } from "../test-record.ts";
import { WriteBuffer } from "./write-buffer.ts";

const parts = { clock: createManualClock(1_000), logger: silentLogger };

function idsOf(lines: Uint8Array): string[] {
  return [...linesOf(lines)].map((line) => String(rowFromLine(line)[0]));
}

test("batches keep the order and never exceed their size", async () => {
  const batches: string[][] = [];
  const buffer = new WriteBuffer({
    ...parts,
    write: (lines) => void batches.push(idsOf(lines)),
    settings: { batchRows: 3 },
  });
  for (let index = 0; index < 8; index++) buffer.append(createTestRecord({ id: String(index) }));
  assert.equal(await buffer.flush(), true);
  assert.deepEqual(batches, [
    ["0", "1", "2"],
    ["3", "4", "5"],
    ["6", "7"],
  ]);
});

test("a batch that failed is written again, in its place, before newer rows", async () => {
  const written: string[] = [];
  let isBroken = true;
  const buffer = new WriteBuffer({
    ...parts,
    write: (lines) => {
      if (isBroken) throw new Error("disk full");
      written.push(...idsOf(lines));
    },
  });
  buffer.append(createTestRecord({ id: "a" }));
  assert.equal(await buffer.flush(), false);
  assert.deepEqual(
    [buffer.health().state, buffer.health().lastError, buffer.health().sinceMs],
    ["degraded", "disk full", 1_000],
  );
  buffer.append(createTestRecord({ id: "b" }));
  isBroken = false;
  assert.equal(await buffer.flush(), true);
  assert.deepEqual(written, ["a", "b"]);
  assert.equal(buffer.health().state, "ok");
  assert.ok(buffer.health().failedWrites > 0);
});

test("at its bound the buffer counts what it loses instead of growing", async () => {
  const buffer = new WriteBuffer({
    ...parts,
    write: () => {
      throw new Error("away");
    },
    settings: { maxRows: 10 },
  });
  for (let index = 0; index < 15; index++) buffer.append(createTestRecord({ id: String(index) }));
  await buffer.flush();
  assert.deepEqual([buffer.health().waitingRows, buffer.health().lostRows], [10, 5]);
  await buffer.close();
  assert.equal(buffer.health().lostRows, 15);
});

test("the bound in bytes counts what records carry", async () => {
  const buffer = new WriteBuffer({ ...parts, write: () => undefined, settings: { maxBytes: 10_000 } });
  const heavy = { ...createTestRecord({ id: "heavy" }), errorMessage: "x".repeat(9_000) };
  buffer.append(createTestRecord({ id: "light" }));
  buffer.append(heavy);
  assert.deepEqual([buffer.health().waitingRows, buffer.health().lostRows], [1, 1]);
  await buffer.close();
});

test("rows that come while a batch is written go into the next one, and memory that was written serves again", async () => {
  const written: string[] = [];
  const places = new Set<ArrayBufferLike>();
  const buffer: WriteBuffer = new WriteBuffer({
    ...parts,
    write: async (lines, rows) => {
      const ids = idsOf(lines);
      assert.equal(ids.length, rows);
      places.add(lines.buffer);
      if (written.length < 4) buffer.append(createTestRecord({ id: `${ids[0]}-later` }));
      await setImmediate();
      await setImmediate();
      assert.deepEqual(idsOf(lines), ids);
      written.push(...ids);
    },
  });
  buffer.append(createTestRecord({ id: "a" }));
  for (let flushes = 0; flushes < 6; flushes++) assert.equal(await buffer.flush(), true);
  assert.deepEqual(written, ["a", "a-later", "a-later-later", "a-later-later-later", "a-later-later-later-later"]);
  assert.ok(places.size <= 2, `${places.size} places in memory`);
  await buffer.close();
});

test("a record larger than a batch's memory is written like any other", async () => {
  const written: string[] = [];
  const buffer = new WriteBuffer({
    ...parts,
    write: (lines) => void written.push(...idsOf(lines)),
    settings: { batchBytes: 4_000 },
  });
  buffer.append(createTestRecord({ id: "small" }));
  buffer.append({ ...createTestRecord({ id: "large" }), errorMessage: "ß".repeat(9_000) });
  buffer.append(createTestRecord({ id: "last" }));
  assert.equal(await buffer.flush(), true);
  assert.deepEqual(written, ["small", "large", "last"]);
});
