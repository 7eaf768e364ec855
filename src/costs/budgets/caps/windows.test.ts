import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { budgetPeriods, windowAt } from "./windows.ts";

function iso(period: "daily" | "weekly" | "monthly", at: string): string[] {
  const { startMs, endMs } = windowAt(period, Date.parse(at));
  return [new Date(startMs).toISOString().slice(0, 10), new Date(endMs).toISOString().slice(0, 10)];
}

test("days reset at UTC midnight, weeks on Monday, months on the first", () => {
  assert.deepEqual(iso("daily", "2026-11-22T23:59:59.999Z"), ["2026-11-22", "2026-11-23"]);
  assert.deepEqual(iso("weekly", "2026-11-22T23:59:59Z"), ["2026-11-16", "2026-11-23"]); // a Sunday
  assert.deepEqual(iso("weekly", "2026-11-23T00:00:00Z"), ["2026-11-23", "2026-11-30"]); // a Monday
  assert.deepEqual(iso("monthly", "2026-12-31T12:00:00Z"), ["2026-12-01", "2027-01-01"]);
  assert.deepEqual(iso("monthly", "2028-02-29T12:00:00Z"), ["2028-02-01", "2028-03-01"]);
});

test("windows hold their instant, and follow one another without a gap", () => {
  const instant = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) });
  fc.assert(
    fc.property(instant, fc.constantFrom(...budgetPeriods), (atMs, period) => {
      const window = windowAt(period, atMs);
      assert.ok(window.startMs <= atMs && atMs < window.endMs);
      assert.deepEqual(windowAt(period, window.startMs), window);
      assert.equal(windowAt(period, window.endMs).startMs, window.endMs);
    }),
  );
});
