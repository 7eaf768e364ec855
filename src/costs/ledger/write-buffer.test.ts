import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import { createTestRecord } from "./test-record.ts";
import { createWriteBuffer, defaultWriteBuffer } from "./write-buffer.ts";

const clock = createManualClock(1_000);

function idsOf(lines: readonly string[]): string[] {
  return lines.map((line) => (JSON.parse(line) as CallRecord).id);
}

test("batches keep the order and never exceed their size", async () => {
  const batches: string[][] = [];
  const buffer = createWriteBuffer((lines) => void batches.push(idsOf(lines)), clock, silentLogger, {
    ...defaultWriteBuffer,
    batchRows: 3,
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
  const buffer = createWriteBuffer(
    (lines) => {
      if (isBroken) throw new Error("disk full");
      written.push(...idsOf(lines));
    },
    clock,
    silentLogger,
    defaultWriteBuffer,
  );
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
  const buffer = createWriteBuffer(
    () => {
      throw new Error("away");
    },
    clock,
    silentLogger,
    { ...defaultWriteBuffer, maxRows: 10 },
  );
  for (let index = 0; index < 15; index++) buffer.append(createTestRecord({ id: String(index) }));
  await buffer.flush();
  assert.deepEqual([buffer.health().waitingRows, buffer.health().lostRows], [10, 5]);
  await buffer.close();
  assert.equal(buffer.health().lostRows, 15);
});

test("the bound in bytes counts what records carry", async () => {
  const buffer = createWriteBuffer(() => undefined, clock, silentLogger, { ...defaultWriteBuffer, maxBytes: 10_000 });
  const heavy = { ...createTestRecord({ id: "heavy" }), errorMessage: "x".repeat(9_000) };
  buffer.append(createTestRecord({ id: "light" }));
  buffer.append(heavy);
  assert.deepEqual([buffer.health().waitingRows, buffer.health().lostRows], [1, 1]);
  await buffer.close();
});
