/**
 * Budgets in process: for one router. Each bucket is restored from the ledger when it is first needed, so a restart
 * forgets no spending; holds end with the process, as its calls do.
 */
import type { Clock } from "../../core/clock.ts";
import type { NanoUsd } from "../../core/money.ts";
import { holdMoney, settleMoney, shortBy } from "./budget.ts";
import type { BucketMoney } from "./budget.ts";
import type { BucketState, BudgetStore, LoadSpent } from "./budget-store.ts";
import { bucketKey } from "./caps.ts";
import type { BudgetBucket } from "./caps.ts";

export interface MemoryBudgetStoreSettings {
  readonly clock: Clock;
  readonly loadSpent: LoadSpent;
  /** Remembers announcements beyond this process; see `createAnnouncements`. */
  readonly announce: BudgetStore["announce"];
}

interface Entry {
  money: BucketMoney;
  readonly endMs: number;
}

interface OpenHold {
  readonly amountNanoUsd: NanoUsd;
  readonly keys: readonly string[];
}

/** Entries are looked through for windows that are over each time this many have been added. */
const sweepEvery = 1_000;
/** A window's entry stays a while after its end: calls that began in it still settle there. */
const graceMs = 3_600_000;
/** How many settled calls are remembered, so that a repeated settlement without a hold is seen. */
const maxSettled = 10_000;

/** An empty store. */
export function createMemoryBudgetStore(settings: MemoryBudgetStoreSettings): BudgetStore {
  const entries = new Map<string, Entry>();
  const loading = new Map<string, Promise<void>>();
  const holds = new Map<string, OpenHold>();
  const settledWithoutHold = new Set<string>();
  let heldNanoUsd: NanoUsd = 0;
  let addedSinceSweep = 0;

  /** Null where all buckets are here: the common case must not cost a promise. */
  function load(buckets: readonly BudgetBucket[], keys: readonly string[]): Promise<unknown> | null {
    let missing: Promise<void>[] | null = null;
    for (const [index, bucket] of buckets.entries()) {
      const key = keys[index] ?? "";
      if (!entries.has(key)) (missing ??= []).push(loadOne(bucket, key));
    }
    return missing === null ? null : Promise.all(missing);
  }

  function loadOne(bucket: BudgetBucket, key: string): Promise<void> {
    let running = loading.get(key);
    if (running === undefined) {
      running = settings
        .loadSpent(bucket)
        .then((spentNanoUsd) => {
          entries.set(key, { money: { spentNanoUsd, heldNanoUsd: 0 }, endMs: bucket.endMs });
          if (++addedSinceSweep >= sweepEvery) sweep();
        })
        .finally(() => loading.delete(key));
      loading.set(key, running);
    }
    return running;
  }

  function sweep(): void {
    addedSinceSweep = 0;
    const cutoffMs = settings.clock.nowMs() - graceMs;
    for (const [key, entry] of entries) {
      if (entry.endMs < cutoffMs && entry.money.heldNanoUsd === 0) entries.delete(key);
    }
  }

  function statesOf(buckets: readonly BudgetBucket[], keys: readonly string[]): BucketState[] {
    const states: BucketState[] = [];
    for (const [index, bucket] of buckets.entries()) {
      const entry = entries.get(keys[index] ?? "");
      if (entry !== undefined) states.push(stateOf(bucket, entry.money));
    }
    return states;
  }

  function fits(buckets: readonly BudgetBucket[], keys: readonly string[], amountNanoUsd: NanoUsd): boolean {
    for (const [index, bucket] of buckets.entries()) {
      const entry = entries.get(keys[index] ?? "");
      if (entry !== undefined && shortBy(entry.money, bucket.limitNanoUsd, amountNanoUsd) > 0) return false;
    }
    return true;
  }

  function change(keys: readonly string[], toMoney: (money: BucketMoney) => BucketMoney): void {
    for (const key of keys) {
      const entry = entries.get(key);
      if (entry !== undefined) entry.money = toMoney(entry.money);
    }
  }

  return {
    async hold({ callId, buckets, amountNanoUsd, isEnforced }) {
      const keys = buckets.map(bucketKey);
      const loaded = load(buckets, keys);
      if (loaded !== null) await loaded;
      if (isEnforced && !fits(buckets, keys, amountNanoUsd))
        return { kind: "refused", states: statesOf(buckets, keys) };
      change(keys, (money) => holdMoney(money, amountNanoUsd));
      holds.set(callId, { amountNanoUsd, keys });
      heldNanoUsd += amountNanoUsd;
      return { kind: "held", states: statesOf(buckets, keys) };
    },
    async settle({ callId, buckets, costNanoUsd, hadHold }) {
      const keys = buckets.map(bucketKey);
      const open = holds.get(callId);
      if (open !== undefined) {
        holds.delete(callId);
        heldNanoUsd -= open.amountNanoUsd;
        change(open.keys, (money) => settleMoney(money, open.amountNanoUsd, costNanoUsd));
        return { kind: "settled", states: statesOf(buckets, keys) };
      }
      if (hadHold || settledWithoutHold.has(callId)) return { kind: "already-settled" };
      settledWithoutHold.add(callId);
      if (settledWithoutHold.size > maxSettled) {
        for (const oldest of settledWithoutHold) {
          settledWithoutHold.delete(oldest);
          break;
        }
      }
      change(keys, (money) => settleMoney(money, 0, costNanoUsd));
      return { kind: "settled", states: statesOf(buckets, keys) };
    },
    async read(buckets) {
      const keys = buckets.map(bucketKey);
      const loaded = load(buckets, keys);
      if (loaded !== null) await loaded;
      return statesOf(buckets, keys);
    },
    announce: settings.announce,
    stats: () => ({ openHolds: holds.size, heldNanoUsd }),
    close: () => Promise.resolve(),
  };
}

function stateOf(bucket: BudgetBucket, { spentNanoUsd, heldNanoUsd }: BucketMoney): BucketState {
  return { bucket, spentNanoUsd, heldNanoUsd };
}
