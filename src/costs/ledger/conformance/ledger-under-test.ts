/** A ledger that a promise is tried on: an empty one for each. */
import { test } from "node:test";
import type { Ledger } from "../ledger.ts";

/** Opens an empty ledger, and the same one again after `close`. */
export interface LedgerUnderTest {
  readonly name: string;
  /** Why these tests cannot run here, or null. */
  readonly skip: string | null;
  readonly open: () => Promise<{
    readonly ledger: Ledger;
    readonly reopen: () => Promise<Ledger>;
    readonly dispose: () => Promise<void>;
  }>;
}

/** Tries what a title promises on a ledger of its own. */
export type LedgerPromise = (
  title: string,
  run: (ledger: Ledger, reopen: () => Promise<Ledger>) => Promise<void>,
) => void;

/** Promises of one kind of ledger: a test each. */
export function promiseOf(under: LedgerUnderTest): LedgerPromise {
  return (title, run) => {
    void test(`${under.name}: ${title}`, { skip: under.skip ?? false }, async () => {
      const { ledger, reopen, dispose } = await under.open();
      try {
        await run(ledger, reopen);
      } finally {
        await dispose();
      }
    });
  };
}

/** The day on which the records of these tests begin. */
export const day: number = Date.parse("2026-11-18T00:00:00Z");
