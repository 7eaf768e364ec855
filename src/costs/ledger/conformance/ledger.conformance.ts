/** What every ledger promises: run for SQLite and for PostgreSQL. One list, so that no database is left out of a promise. */
import { testLedgerCorrections } from "./ledger-corrections.conformance.ts";
import { testLedgerRecords } from "./ledger-records.conformance.ts";
import { testLedgerRetention } from "./ledger-retention.conformance.ts";
import { testLedgerSums } from "./ledger-sums.conformance.ts";
import { promiseOf } from "./ledger-under-test.ts";
import type { LedgerUnderTest } from "./ledger-under-test.ts";

/** Tries all of it on one kind of ledger. */
export function testLedgerConformance(under: LedgerUnderTest): void {
  const promise = promiseOf(under);
  testLedgerRecords(promise);
  testLedgerSums(promise);
  testLedgerCorrections(promise);
  testLedgerRetention(promise);
}
