/**
 * Budgets in process: for one router. Each bucket is restored from the ledger when it is first needed, so a restart
 * forgets no spending; holds end with the process, as its calls do.
 */
import type { Clock } from "../../../core/time/clock.ts";
import { hourMs } from "../../../core/time/durations.ts";
import type { NanoUsd } from "../../../core/money.ts";
import { holdMoney, settleMoney, shortBy } from "./budget.ts";
import type { BucketMoney } from "./budget.ts";
import type {
  BucketState,
  BudgetStore,
  BudgetStoreStats,
  HoldRequest,
  HoldResult,
  LoadSpent,
  SettleRequest,
  SettleResult,
} from "./budget-store.ts";
import { bucketKey } from "../caps/caps.ts";
import type { BudgetBucket } from "../caps/caps.ts";

export interface MemoryBudgetStoreSettings {
  readonly clock: Clock;
  readonly loadSpent: LoadSpent;
  /** Remembers announcements beyond this process; see `createAnnouncements`. */
  readonly announce: BudgetStore["announce"];
}

interface Entry {
  money: BucketMoney;
  readonly endMs: number;
  /** To be restored anew; what is here holds where the ledger cannot be read. */
  isStale: boolean;
}

/** A bucket that is being restored: calls that cannot be held may be settled meanwhile. */
interface Restoring {
  done: Promise<void>;
  /** Calls that started from here on are left out of the ledger's sum and counted here; null: the sum has all. */
  cutMs: number | null;
  sinceCutNanoUsd: NanoUsd;
  /** A call was settled meanwhile that the sum may have or lack. */
  isDoubtful: boolean;
  /** When the latest of such calls started. */
  doubtfulStartMs: number;
}

interface OpenHold {
  readonly amountNanoUsd: NanoUsd;
  readonly keys: readonly string[];
}

/** Entries are looked through for windows that are over each time this many have been added. */
const sweepEvery = 1_000;
/** A window's entry stays a while after its end: calls that began in it still settle there. */
const graceMs = hourMs;
/** How many settled calls are remembered, so that a repeated settlement without a hold is seen. */
const maxSettled = 10_000;

/** An empty store. */
export class MemoryBudgetStore implements BudgetStore {
  readonly #settings: MemoryBudgetStoreSettings;
  readonly #entries = new Map<string, Entry>();
  readonly #restoring = new Map<string, Restoring>();
  readonly #holds = new Map<string, OpenHold>();
  readonly #settledWithoutHold = new Set<string>();
  #heldNanoUsd: NanoUsd = 0;
  #addedSinceSweep = 0;

  constructor(settings: MemoryBudgetStoreSettings) {
    this.#settings = settings;
  }

  async hold({ callId, buckets, amountNanoUsd, isEnforced }: HoldRequest): Promise<HoldResult> {
    const keys = buckets.map(bucketKey);
    const loaded = this.#load(buckets, keys);
    if (loaded !== null) await loaded;
    if (isEnforced && !this.#fits(buckets, keys, amountNanoUsd)) {
      return { kind: "refused", states: this.#statesOf(buckets, keys) };
    }
    this.#change(keys, (money) => holdMoney(money, amountNanoUsd));
    this.#holds.set(callId, { amountNanoUsd, keys });
    this.#heldNanoUsd += amountNanoUsd;
    return { kind: "held", states: this.#statesOf(buckets, keys) };
  }

  settle({ callId, buckets, costNanoUsd, hadHold, startedAtMs }: SettleRequest): Promise<SettleResult> {
    const keys = buckets.map(bucketKey);
    const open = this.#holds.get(callId);
    if (open !== undefined) {
      this.#holds.delete(callId);
      this.#heldNanoUsd -= open.amountNanoUsd;
      this.#change(open.keys, (money) => settleMoney(money, open.amountNanoUsd, 0));
    } else {
      if (hadHold || this.#settledWithoutHold.has(callId)) return Promise.resolve({ kind: "already-settled" });
      this.#rememberSettled(callId);
    }
    this.#change(keys, (money) => settleMoney(money, 0, costNanoUsd));
    if (costNanoUsd > 0) this.#noteWhileRestoring(keys, costNanoUsd, startedAtMs ?? this.#settings.clock.nowMs());
    return Promise.resolve({ kind: "settled", states: this.#statesOf(buckets, keys) });
  }

  async read(buckets: readonly BudgetBucket[]): Promise<readonly BucketState[]> {
    const keys = buckets.map(bucketKey);
    const loaded = this.#load(buckets, keys);
    if (loaded !== null) await loaded;
    return this.#statesOf(buckets, keys);
  }

  compare(): void {
    for (const entry of this.#entries.values()) entry.isStale = true;
  }

  announce(bucket: BudgetBucket, what: string): Promise<boolean> {
    return this.#settings.announce(bucket, what);
  }

  stats(): BudgetStoreStats {
    return { openHolds: this.#holds.size, heldNanoUsd: this.#heldNanoUsd };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Null where all buckets are here: the common case must not cost a promise. */
  #load(buckets: readonly BudgetBucket[], keys: readonly string[]): Promise<unknown> | null {
    let missing: Promise<void>[] | null = null;
    for (const [index, bucket] of buckets.entries()) {
      const key = keys[index] ?? "";
      const entry = this.#entries.get(key);
      if (entry === undefined) (missing ??= []).push(this.#loadOne(bucket, key));
      else if (entry.isStale) (missing ??= []).push(this.#loadOne(bucket, key).catch(() => undefined));
    }
    return missing === null ? null : Promise.all(missing);
  }

  #loadOne(bucket: BudgetBucket, key: string): Promise<void> {
    const running = this.#restoring.get(key);
    if (running !== undefined) return running.done;
    const restoring = {
      done: Promise.resolve(),
      cutMs: null,
      sinceCutNanoUsd: 0,
      isDoubtful: false,
      doubtfulStartMs: 0,
    };
    this.#restoring.set(key, restoring);
    restoring.done = this.#restore(bucket, key, restoring).finally(() => this.#restoring.delete(key));
    return restoring.done;
  }

  /**
   * The ledger's sum, read again as long as a call was settled meanwhile: nobody can say whether the sum has it. From the second time
   * on a cut parts what the sum has from what is counted here, so that only calls from before it, which end one day, are in doubt.
   */
  async #restore(bucket: BudgetBucket, key: string, restoring: Restoring): Promise<void> {
    const { clock, loadSpent } = this.#settings;
    let spentNanoUsd = await loadSpent(bucket);
    while (restoring.isDoubtful) {
      restoring.isDoubtful = false;
      restoring.cutMs ??= Math.max(clock.nowMs(), restoring.doubtfulStartMs) + 1;
      spentNanoUsd = await loadSpent(bucket, restoring.cutMs);
    }
    const known = this.#entries.get(key)?.money ?? { spentNanoUsd: 0, heldNanoUsd: 0 };
    // Never less than before: what retention has removed was spent all the same.
    const money = { ...known, spentNanoUsd: Math.max(known.spentNanoUsd, spentNanoUsd + restoring.sinceCutNanoUsd) };
    this.#entries.set(key, { money, endMs: bucket.endMs, isStale: false });
    if (++this.#addedSinceSweep >= sweepEvery) this.#sweep();
  }

  #noteWhileRestoring(keys: readonly string[], costNanoUsd: NanoUsd, startedAtMs: number): void {
    for (const key of keys) {
      const restoring = this.#restoring.get(key);
      if (restoring === undefined) continue;
      const { cutMs } = restoring;
      if (cutMs !== null && startedAtMs >= cutMs) restoring.sinceCutNanoUsd += costNanoUsd;
      else {
        restoring.isDoubtful = true;
        restoring.doubtfulStartMs = Math.max(restoring.doubtfulStartMs, startedAtMs);
      }
    }
  }

  #sweep(): void {
    this.#addedSinceSweep = 0;
    const cutoffMs = this.#settings.clock.nowMs() - graceMs;
    for (const [key, entry] of this.#entries) {
      if (entry.endMs < cutoffMs && entry.money.heldNanoUsd === 0) this.#entries.delete(key);
    }
  }

  #fits(buckets: readonly BudgetBucket[], keys: readonly string[], amountNanoUsd: NanoUsd): boolean {
    for (const [index, bucket] of buckets.entries()) {
      const entry = this.#entries.get(keys[index] ?? "");
      if (entry !== undefined && shortBy(entry.money, bucket.limitNanoUsd, amountNanoUsd) > 0) return false;
    }
    return true;
  }

  #change(keys: readonly string[], toMoney: (money: BucketMoney) => BucketMoney): void {
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) entry.money = toMoney(entry.money);
    }
  }

  #statesOf(buckets: readonly BudgetBucket[], keys: readonly string[]): BucketState[] {
    const states: BucketState[] = [];
    for (const [index, bucket] of buckets.entries()) {
      const entry = this.#entries.get(keys[index] ?? "");
      if (entry !== undefined) states.push(stateOf(bucket, entry.money));
    }
    return states;
  }

  #rememberSettled(callId: string): void {
    this.#settledWithoutHold.add(callId);
    if (this.#settledWithoutHold.size <= maxSettled) return;
    for (const oldest of this.#settledWithoutHold) {
      this.#settledWithoutHold.delete(oldest);
      return;
    }
  }
}

function stateOf(bucket: BudgetBucket, { spentNanoUsd, heldNanoUsd }: BucketMoney): BucketState {
  return { bucket, spentNanoUsd, heldNanoUsd };
}
