import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { dayMs } from "../../core/time/durations.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { Logger } from "../../core/log/logging.ts";
import { startRetention } from "./retention.ts";

test("a minute after the start, and four times a day, calls beyond the days that are kept at that moment go", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const before: number[] = [];
  const ledger = {
    removeBefore: (beforeMs: number) => {
      before.push(beforeMs / dayMs);
      return Promise.resolve(0);
    },
  };
  let keepDays = 400;
  const retention = startRetention(ledger, () => keepDays, createManualClock(1_000 * dayMs), silentLogger);
  t.mock.timers.tick(60_000);
  await retention.run();
  keepDays = 30;
  t.mock.timers.tick(6 * 3_600_000);
  await retention.close();
  t.mock.timers.tick(dayMs);
  assert.deepEqual(before, [600, 970]);
});

test("the log tells how many calls went, by which setting, and nothing where none did", async () => {
  const told: unknown[] = [];
  const logger: Logger = { ...silentLogger, info: (fields, message) => void told.push([fields, message]) };
  let calls = 0;
  const ledger = { removeBefore: () => Promise.resolve(calls) };
  const retention = startRetention(ledger, () => 30, createManualClock(0), logger);
  await retention.run();
  calls = 7;
  await retention.run();
  await retention.close();
  assert.deepEqual(told, [[{ calls: 7, keepDays: 30 }, "calls beyond ledger.retentionDays were removed"]]);
});

test("a ledger that cannot be written now is no error of the process", async () => {
  const ledger = { removeBefore: () => Promise.reject(new Error("disk full")) };
  const retention = startRetention(ledger, () => 1, createManualClock(0), silentLogger);
  await retention.run();
  await retention.close();
});
