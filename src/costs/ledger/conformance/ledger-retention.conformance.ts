/** What every ledger promises of retention: what goes, and what stays counted. */
import assert from "node:assert/strict";
import { dayMs, hourMs } from "../../../core/time/durations.ts";
import { day } from "./ledger-under-test.ts";
import type { LedgerPromise } from "./ledger-under-test.ts";
import { createTestRecord } from "../test-record.ts";

export function testLedgerRetention(promise: LedgerPromise): void {
  promise("retention removes whole days, with their sums and corrections, and nothing newer", async (ledger) => {
    for (let index = 0; index < 1_200; index++) {
      ledger.append(createTestRecord({ id: `req_old_${index}`, startedAtMs: day + index, session: `s${index % 7}` }));
    }
    ledger.append(createTestRecord({ id: "req_new", startedAtMs: day + dayMs }));
    await ledger.flush();
    assert.equal(await ledger.removeBefore(day + dayMs + 5 * hourMs), 1_200);
    const { entries } = await ledger.records({});
    assert.deepEqual(
      entries.map((entry) => entry.record.id),
      ["req_new"],
    );
    for (const by of ["day", "hour", "session"] as const) {
      const rows = await ledger.sums({ fromMs: 0, toMs: day + 9 * dayMs, by: [by] });
      assert.equal(
        rows.reduce((sum, row) => sum + row.calls, 0),
        1,
        by,
      );
    }
  });

  promise("what retention leaves of a week is counted, and what comes late into it too", async (ledger) => {
    for (let index = 0; index < 28; index++) {
      ledger.append(createTestRecord({ id: `req_${index}`, startedAtMs: day + index * dayMs, costNanoUsd: 1_000 }));
    }
    await ledger.flush();
    await ledger.removeBefore(day + 10 * dayMs);
    ledger.append(createTestRecord({ id: "req_late", startedAtMs: day + 11 * dayMs, costNanoUsd: 1_000 }));
    await ledger.flush();
    for (const by of ["user", "day", "session"] as const) {
      const rows = await ledger.sums({ fromMs: 0, toMs: day + 70 * dayMs, by: [by] });
      assert.equal(
        rows.reduce((sum, row) => sum + row.costNanoUsd, 0n),
        19_000n,
        by,
      );
    }
  });
}
