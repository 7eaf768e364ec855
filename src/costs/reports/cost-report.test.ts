import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../core/time/clock.ts";
import { dayMs } from "../../core/time/durations.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { createSqliteLedger } from "../ledger/sqlite/sqlite.ts";
import { createTestRecord } from "../ledger/test-record.ts";
import { generateBreakdown, generateCostReport } from "./cost-report.ts";
import { toCsv } from "./csv.ts";
import { toRecordLine } from "./record-line.ts";

const day = dayMs;
const start = Date.UTC(2026, 10, 1);
const nowMs = Date.UTC(2026, 10, 22, 12);

async function withLedger(run: (ledger: Ledger) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "report-"));
  const ledger = createSqliteLedger({ path: join(folder, "l.sqlite"), clock: systemClock, logger: silentLogger });
  try {
    await run(ledger);
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

async function fill(ledger: Ledger): Promise<void> {
  for (let call = 0; call < 210; call++) {
    ledger.append(
      createTestRecord({
        id: `req_${call}`,
        startedAtMs: start + Math.floor(call / 10) * day + (call % 10) * 3_600_000,
        user: call % 10 < 7 ? "ada" : "bob",
        model: call % 2 === 0 ? "claude-opus-5" : "claude-haiku-4-5",
        outcome: call % 10 === 9 ? "error" : "success",
        costNanoUsd: 100_000_000,
      }),
    );
  }
  await ledger.flush();
}

test("a report has as many sessions as other lines", () =>
  withLedger(async (ledger) => {
    for (let call = 0; call < 60; call++) {
      ledger.append(createTestRecord({ id: `req_${call}`, startedAtMs: start, session: `session-${call}` }));
    }
    await ledger.flush();
    const sessionsOf = async (limit?: number): Promise<number> =>
      (await generateCostReport(ledger, { fromMs: start, toMs: nowMs, nowMs, limit })).bySession.length;
    assert.deepEqual([await sessionsOf(), await sessionsOf(10_000), await sessionsOf(5)], [50, 60, 5]);
  }));

test("a report's breakdowns each sum to its total", () =>
  withLedger(async (ledger) => {
    await fill(ledger);
    const report = await generateCostReport(ledger, { fromMs: start, toMs: nowMs, nowMs });
    assert.equal(report.total.calls, 210);
    assert.equal(report.total.costUsd, 21);
    assert.ok(Math.abs(report.total.failedCostUsd - 2.1) < 1e-9);
    const { byProvider, byModel, byUser, byTeam, bySession, byDay, byHourOfDay } = report;
    for (const lines of [byProvider, byModel, byUser, byTeam, bySession, byDay, byHourOfDay]) {
      assert.equal(
        lines.reduce((sum, line) => sum + line.calls, 0),
        210,
      );
      assert.ok(Math.abs(lines.reduce((sum, line) => sum + line.share, 0) - 1) < 1e-9);
    }
    assert.deepEqual(
      report.byUser.map((line) => [line.name, line.calls]),
      [
        ["ada", 147],
        ["bob", 63],
      ],
    );
    assert.equal(report.byDay[0]?.name, "2026-11-01");
    assert.deepEqual(
      report.byHourOfDay.map((line) => line.name),
      ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    );
  }));

test("a report for one user holds that user's calls alone", () =>
  withLedger(async (ledger) => {
    await fill(ledger);
    const report = await generateCostReport(ledger, { fromMs: start, toMs: nowMs, nowMs, filter: { user: "bob" } });
    assert.equal(report.total.calls, 63);
    assert.equal(report.byUser.length, 1);
  }));

test("savings stand against their counterfactual", () =>
  withLedger(async (ledger) => {
    await fill(ledger);
    const { savings } = await generateCostReport(ledger, { fromMs: start, toMs: nowMs, nowMs });
    assert.ok(Math.abs(savings.promptCacheUsd - 210 * 0.072) < 1e-9);
    assert.ok(Math.abs(savings.potentialUsd - (21 + 210 * 0.072)) < 1e-9);
    assert.ok(Math.abs(savings.savingsPercent - (15.12 / 36.12) * 100) < 1e-9);
    assert.match(savings.counterfactuals.promptCache, /without the provider's prompt cache/);
  }));

test("a report carries the trends of the days before now", () =>
  withLedger(async (ledger) => {
    await fill(ledger);
    const { trends } = await generateCostReport(ledger, { fromMs: start, toMs: nowMs, nowMs });
    assert.equal(trends.dailyAverageUsd?.toFixed(6), "1.000000");
    assert.equal(trends.forecast?.monthUsd.toFixed(6), "29.500000");
  }));

test("an empty period is a report of zeros, not an error", () =>
  withLedger(async (ledger) => {
    const report = await generateCostReport(ledger, { fromMs: start, toMs: nowMs, nowMs });
    assert.deepEqual([report.total.calls, report.total.costUsd, report.byUser.length], [0, 0, 0]);
    assert.equal(report.trends.forecast, null);
  }));

test("a breakdown by day comes in the order of days, one by cost the dearest first", () =>
  withLedger(async (ledger) => {
    await fill(ledger);
    const request = { fromMs: start, toMs: nowMs, nowMs };
    const days = (await generateBreakdown(ledger, "day", request)).map((line) => line.name);
    assert.deepEqual(days, [...days].sort());
    // Of time the latest: those of the dearest days alone would leave holes.
    for (const [id, costNanoUsd] of [
      ["req_dear", 9e12],
      ["req_dear_too", 8e12],
    ] as const) {
      ledger.append(createTestRecord({ id, startedAtMs: start + day, costNanoUsd }));
    }
    await ledger.flush();
    const latest = await generateBreakdown(ledger, "day", { ...request, limit: 3 });
    assert.deepEqual(
      latest.map((line) => line.name),
      days.slice(-3),
    );
    assert.equal((await generateBreakdown(ledger, "user", request))[0]?.name, "ada");
  }));

test("records become lines and CSV that a spreadsheet reads as text", () =>
  withLedger(async (ledger) => {
    ledger.append(createTestRecord({ id: "req_1", user: '=HYPERLINK("x")', session: 'a,"b"' }));
    await ledger.flush();
    const { entries } = await ledger.records({});
    const csv = toCsv(entries.map((entry) => ({ ...toRecordLine(entry) })));
    const [header = "", line = "", end] = csv.split("\r\n");
    assert.ok(header.startsWith("id,time,user,team"));
    assert.ok(line.includes(`"'=HYPERLINK(""x"")"`));
    assert.ok(line.includes('"a,""b"""'));
    assert.equal(end, "");
    assert.equal(toRecordLine(entries[0] ?? assert.fail()).costUsd, 0.001234567);
  }));

test("yesterday's report holds yesterday alone, also when it is asked for just after midnight", () =>
  withLedger(async (ledger) => {
    const midnight = start + day;
    for (const startedAtMs of [midnight - 1, midnight, midnight + 600_000]) {
      ledger.append(createTestRecord({ id: `req_${startedAtMs}`, startedAtMs, costNanoUsd: 100_000_000 }));
    }
    await ledger.flush();
    const request = { fromMs: start, toMs: midnight, nowMs: midnight + 1_200_000 };
    assert.equal((await generateCostReport(ledger, request)).total.calls, 1);
    const days = await generateBreakdown(ledger, "day", request);
    assert.deepEqual(
      days.map(({ name, calls }) => [name, calls]),
      [["2026-11-01", 1]],
    );
  }));
