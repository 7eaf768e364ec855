/**
 * Buckets in Redis that may lack money which the ledger has: a process was killed between its record and its settlement, rows
 * reached the ledger late, or a master took its last writes along. Each such event is a doubt, counted in Redis; a bucket knows at
 * which count it was last compared. Whoever uses one that is behind compares it, whenever that is, once.
 *
 * Calls go on meanwhile. A cut parts the calls of a bucket by the moment they started, which Redis and the ledger both have: those
 * before it soon move no more, however busy the bucket is. When they have not moved between two looks, by when their rows have
 * reached the ledger, the ledger's sum of them is read, and what Redis lacks is added if they still have not moved.
 *
 * Nothing is added twice: a correction marks its bucket with its time and cut, and a settlement of a call before that cut
 * whose record is older than the mark is not added (the sum may hold it); the bucket is compared again instead.
 */
import type { Clock } from "../../../../core/time/clock.ts";
import type { NanoUsd } from "../../../../core/money.ts";
import type { LoadSpent } from "../budget-store.ts";
import type { BucketComparison, LedgerProgress } from "./bucket-comparison.ts";
import type { BudgetBucket } from "../../caps/caps.ts";
import { DueDoubts } from "./due-doubts.ts";

export interface DoubtsParts {
  readonly clock: Clock;
  readonly loadSpent: LoadSpent;
  readonly ledger: LedgerProgress;
  readonly comparison: BucketComparison;
}

export interface Doubts {
  /** Redis or its answer failed: what it had may be lost. */
  noteFailure(): void;
  /** Caps are others now: some buckets have not counted for a while. */
  noteChange(): void;
  /** A bucket that is used and was not compared since the last doubt. */
  note(key: string, bucket: BudgetBucket): void;
  /** One look at everything in doubt; never rejects. */
  look(): Promise<void>;
}

interface Comparison {
  readonly bucket: BudgetBucket;
  cutMs: number;
  /** null until the cut is made. */
  doubt: number | null;
  before: NanoUsd | null;
}

/** How far clocks of instances may be apart: a cut lies so far ahead that no call before it has started after it. */
const skewMs = 2_000;
/** Compared at once; more wait for their next use. */
const maxBuckets = 200;

export function createDoubts({ clock, loadSpent, ledger, comparison }: DoubtsParts): Doubts {
  const running = new Map<string, Comparison>();
  const due = new DueDoubts(clock, ledger, comparison);
  let looking: Promise<void> | null = null;

  /** Whether it is over. */
  async function goOn(entry: Comparison): Promise<boolean> {
    const { bucket } = entry;
    if (entry.doubt === null) {
      entry.cutMs = clock.nowMs() + skewMs;
      entry.doubt = await comparison.cut(bucket, entry.cutMs);
      return entry.doubt === null;
    }
    const before = await comparison.spentBefore(bucket);
    if (before === null) return true;
    const isQuiet = before === entry.before;
    entry.before = before;
    if (!isQuiet) return false;
    const result = await comparison.correct(bucket, before, await loadSpent(bucket, entry.cutMs), entry.doubt);
    return result !== "moved";
  }

  async function lookOnce(): Promise<void> {
    await due.count();
    for (const [key, entry] of running) {
      if (await goOn(entry).catch(() => false)) running.delete(key);
    }
  }

  return {
    noteFailure: () => due.noteFailure(),
    noteChange: () => due.noteChange(),
    note(key, bucket) {
      if (running.size < maxBuckets && !running.has(key)) {
        running.set(key, { bucket, cutMs: 0, doubt: null, before: null });
      }
    },
    look() {
      looking ??= lookOnce()
        .catch(() => undefined) // the next look may succeed
        .finally(() => (looking = null));
      return looking;
    },
  };
}
