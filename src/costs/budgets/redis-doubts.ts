/**
 * Buckets in Redis that may lack money which the ledger has: a process was killed between its record and its settlement, or
 * a master took its last writes along. For a while after such an event each bucket that is used is compared with the
 * ledger; what it lacks is added as soon as nothing moves in it, seen twice.
 *
 * Nothing is added twice: a correction marks its bucket with the time, and a settlement whose record is older than the mark
 * is not added to it (its process was cut off from Redis, and the ledger's sum may hold it); it brings a doubt instead.
 */
import type { Clock } from "../../core/clock.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { BucketMoney } from "./budget.ts";
import type { LoadSpent } from "./budget-store.ts";
import type { BudgetBucket } from "./caps.ts";

export interface DoubtsParts {
  readonly clock: Clock;
  readonly loadSpent: LoadSpent;
  /** null: Redis does not have the bucket, and will restore it. */
  readonly read: (bucket: BudgetBucket) => Promise<BucketMoney | null>;
  /** Sets what is spent, if it is still `from` and nothing is held. */
  readonly correct: (bucket: BudgetBucket, from: NanoUsd, to: NanoUsd) => Promise<void>;
  /** How often buckets are compared. */
  readonly everyMs: number;
}

export interface Doubts {
  /** Something may have been lost: buckets that are used from now on are compared. */
  begin(): void;
  note(key: string, buckets: BudgetBucket): void;
  close(): void;
}

interface Doubted {
  readonly bucket: BudgetBucket;
  lastSpent: NanoUsd | null;
}

const spanMs = 120_000;
const maxBuckets = 200;

export function createDoubts({ clock, loadSpent, read, correct, everyMs }: DoubtsParts): Doubts {
  const doubted = new Map<string, Doubted>();
  let untilMs = 0;
  let isRunning = false;

  async function compare(entry: Doubted): Promise<void> {
    const money = await read(entry.bucket);
    const isQuiet = money !== null && money.heldNanoUsd === 0 && entry.lastSpent === money.spentNanoUsd;
    entry.lastSpent = money?.spentNanoUsd ?? null;
    if (!isQuiet) return;
    const spent = await loadSpent(entry.bucket);
    // Never less: another process may still have rows to write.
    if (spent > money.spentNanoUsd) await correct(entry.bucket, money.spentNanoUsd, spent);
  }

  async function look(): Promise<void> {
    if (isRunning || doubted.size === 0) return;
    isRunning = true;
    for (const entry of doubted.values()) await compare(entry).catch(() => undefined); // the next look may succeed
    isRunning = false;
    if (clock.monotonicMs() > untilMs) doubted.clear();
  }

  const timer = setInterval(() => void look(), everyMs).unref();
  return {
    begin() {
      untilMs = clock.monotonicMs() + spanMs;
    },
    note(key, bucket) {
      if (clock.monotonicMs() > untilMs || doubted.size >= maxBuckets || doubted.has(key)) return;
      doubted.set(key, { bucket, lastSpent: null });
    },
    close: () => clearInterval(timer),
  };
}
