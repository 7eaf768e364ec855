/**
 * Budgets in Redis: for several routers that share them. One round trip and one atomic script for each hold and each
 * settlement.
 *
 * The holds of a process belong to its lease, which it renews; when it dies, another one takes them back. A bucket
 * that Redis does not have (a new window, a flushed server) is restored from the ledger.
 */
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../../core/time/clock.ts";
import { dayMs } from "../../../../core/time/durations.ts";
import type { Logger } from "../../../../core/log/logging.ts";
import type { NanoUsd } from "../../../../core/money.ts";
import type {
  BucketState,
  BudgetStore,
  BudgetStoreStats,
  HoldRequest,
  HoldResult,
  LoadSpent,
  SettleRequest,
  SettleResult,
} from "../budget-store.ts";
import { bucketKey } from "../../caps/caps.ts";
import type { BudgetBucket } from "../../caps/caps.ts";
import { beforeCutScript, correctScript, cutScript, doubtScript } from "./redis-comparison-scripts.ts";
import { createDoubts } from "./redis-doubts.ts";
import type { BucketComparison, LedgerProgress } from "./bucket-comparison.ts";
import type { Doubts } from "./redis-doubts.ts";
import {
  announceScript,
  holdScript,
  leaveScript,
  readScript,
  renewScript,
  restoreScript,
  settleScript,
} from "./redis-scripts.ts";
import { runScript } from "../../../../core/redis-script.ts";
import type { RedisClient } from "../../../../core/redis-script.ts";

export interface RedisBudgetStoreSettings {
  readonly client: RedisClient;
  /** Before every key, as `ccr:`. */
  readonly keyPrefix: string;
  /** Unique among all processes that were and are. */
  readonly processId: string;
  readonly loadSpent: LoadSpent;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long after its death the holds of a process stay. It renews three times as often. */
  readonly leaseMs: number;
  readonly ledger: LedgerProgress;
  /** Runs `task` again and again until the answer is called; left out: by a timer. */
  readonly repeat?: Repeat;
}

export type Repeat = (everyMs: number, task: () => Promise<void>) => () => void;

/** How often buckets in doubt are looked at: a settled call's row is in the ledger long before the next look. */
const lookEveryMs = 2_500;

const repeatByTimer: Repeat = (everyMs, task) => {
  const timer = setInterval(() => void task(), everyMs).unref();
  return () => clearInterval(timer);
};

/** Marks of calls whose hold cannot tell any more are kept for a day: longer than any repetition waits. */
const markSeconds = 86_400;
/** A bucket stays two days after its window, for calls that began in it. */
const bucketGraceMs = 2 * dayMs;

/** A store over `client`, which stays its owner's to close. */
export class RedisBudgetStore implements BudgetStore {
  readonly #settings: RedisBudgetStoreSettings;
  /** The braces keep all keys in one slot of a cluster. */
  readonly #prefix: string;
  readonly #lifeKey: string;
  readonly #holdsKey: string;
  readonly #open = new Map<string, NanoUsd>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #started: Promise<void>;
  #renewing: Promise<void>;
  readonly #stopRepeating: readonly (() => void)[];
  readonly #doubts: Doubts;
  /** From this process's monotonic clock to Redis's, rather too little than too much; null until Redis told its time. */
  #clockOffsetMs: number | null = null;

  constructor(settings: RedisBudgetStoreSettings) {
    const { clock, loadSpent, ledger, leaseMs, repeat = repeatByTimer } = settings;
    this.#settings = settings;
    this.#prefix = `${settings.keyPrefix}{budget}:`;
    this.#lifeKey = `${this.#prefix}p:${settings.processId}`;
    this.#holdsKey = `${this.#prefix}h:${settings.processId}`;
    this.#doubts = createDoubts({ clock, loadSpent, ledger, comparison: this.#comparison() });
    this.#started = this.#renew();
    this.#renewing = this.#started;
    this.#stopRepeating = [
      repeat(Math.max(1, Math.floor(leaseMs / 3)), () => (this.#renewing = this.#renew())),
      repeat(lookEveryMs, () => this.#doubts.look()),
    ];
  }

  async hold({ callId, buckets, amountNanoUsd, isEnforced }: HoldRequest): Promise<HoldResult> {
    const limits = buckets.map((bucket) => bucket.limitNanoUsd);
    const values = [callId, amountNanoUsd, isEnforced ? 1 : 0, this.#settings.leaseMs, ...limits];
    const keys = [this.#doubtsKey, this.#holdsKey, this.#lifeKey];
    const [kind, ...money] = await this.#withBuckets(holdScript, keys, values, buckets);
    const states = toStates(buckets, money);
    if (kind === "refused") return { kind: "refused", states };
    this.#open.set(callId, amountNanoUsd);
    return { kind: "held", states };
  }

  async settle({ callId, buckets, costNanoUsd, hadHold, ...request }: SettleRequest): Promise<SettleResult> {
    const { clock } = this.#settings;
    const { startedAtMs = clock.nowMs(), recordedAtMs = clock.monotonicMs() } = request;
    // What was handed to the ledger before is in its journal then: what it lacks is added (redis-doubts.ts), what it never
    // heard of would stay.
    await setImmediate();
    const marks = [`${this.#prefix}r:${callId}`, `${this.#prefix}s:${callId}`];
    const keys = [this.#holdsKey, ...marks, ...buckets.map((bucket) => this.#keyOf(bucket))];
    const recordedAt = this.#clockOffsetMs === null ? 0 : Math.floor(recordedAtMs + this.#clockOffsetMs);
    const values = [callId, costNanoUsd, hadHold ? 1 : 0, markSeconds, recordedAt, startedAtMs];
    const [kind, ...money] = await this.#run(settleScript, keys, values);
    this.#open.delete(callId);
    if (kind !== "settled") for (const bucket of buckets) this.#doubts.note(this.#keyOf(bucket), bucket);
    return kind === "already" ? { kind: "already-settled" } : { kind: "settled", states: toStates(buckets, money) };
  }

  async read(buckets: readonly BudgetBucket[]): Promise<readonly BucketState[]> {
    if (buckets.length === 0) return [];
    const [, ...money] = await this.#withBuckets(readScript, [this.#doubtsKey], [], buckets);
    return toStates(buckets, money);
  }

  async announce(bucket: BudgetBucket, what: string): Promise<boolean> {
    const key = `${this.#prefix}a:${bucketKey(bucket)}`;
    const [isFirst] = await this.#run(announceScript, [key], [what, this.#lifetimeMs(bucket)]);
    return isFirst === "1";
  }

  compare(): void {
    this.#doubts.noteChange();
  }

  stats(): BudgetStoreStats {
    let heldNanoUsd = 0;
    for (const amount of this.#open.values()) heldNanoUsd += amount;
    return { openHolds: this.#open.size, heldNanoUsd };
  }

  async close(): Promise<void> {
    for (const stop of this.#stopRepeating) stop();
    await this.#renewing;
    const keys = [this.#lifeKey, `${this.#prefix}processes`, this.#holdsKey];
    await this.#run(leaveScript, keys, [this.#settings.processId]).catch(() => undefined); // the lease ends by itself
  }

  get #doubtsKey(): string {
    return `${this.#prefix}doubts`;
  }

  #comparison(): BucketComparison {
    const run = async (
      script: string,
      bucket: BudgetBucket,
      values: readonly number[] = [],
    ): Promise<string | null> => {
      const keys = [this.#keyOf(bucket), this.#lifeKey, this.#doubtsKey];
      const [answer = ""] = await this.#run(script, keys, values);
      return answer === "" ? null : answer;
    };
    const toNumber = (answer: string | null): number | null => (answer === null ? null : Number(answer));
    return {
      cut: async (bucket, cutMs) => toNumber(await run(cutScript, bucket, [cutMs])),
      spentBefore: async (bucket) => toNumber(await run(beforeCutScript, bucket)),
      correct: async (bucket, before, byLedger, doubt) => {
        const answer = await run(correctScript, bucket, [before, byLedger, doubt]);
        return answer === "checked" || answer === "moved" ? answer : null;
      },
      doubt: async () => void (await this.#run(doubtScript, [this.#doubtsKey], [])),
    };
  }

  /** Never rejects: the next renewal may succeed. */
  async #renew(): Promise<void> {
    const { processId, leaseMs, clock, logger } = this.#settings;
    const keys = [this.#lifeKey, `${this.#prefix}processes`, this.#doubtsKey];
    try {
      const [taken, redisMs] = await this.#run(renewScript, keys, [processId, leaseMs, this.#prefix, markSeconds]);
      this.#clockOffsetMs = Number(redisMs) - clock.monotonicMs();
      if (Number(taken) > 0) logger.warn({ holds: Number(taken) }, "took back the budget holds of a dead process");
    } catch (error) {
      logger.warn({ error: String(error) }, "the lease on budget holds could not be renewed");
    }
  }

  /** Runs `script`, restoring the buckets that it misses; thrice, since a server may forget in between. */
  async #withBuckets(
    script: string,
    keys: readonly string[],
    values: readonly (string | number)[],
    buckets: readonly BudgetBucket[],
  ): Promise<string[]> {
    await this.#started;
    const allKeys = [...keys, ...buckets.map((bucket) => this.#keyOf(bucket))];
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await this.#run(script, allKeys, values);
      if (answer[0] !== "missing") {
        for (const number of answer.slice(1 + 2 * buckets.length)) {
          const bucket = buckets[Number(number) - 1]!;
          this.#doubts.note(this.#keyOf(bucket), bucket);
        }
        return answer;
      }
      const missing = answer.slice(1).flatMap((number) => buckets[Number(number) - 1] ?? []);
      await Promise.all(missing.map((bucket) => this.#restore(bucket)));
    }
    throw new Error("Redis forgets budgets faster than they are restored");
  }

  #restore(bucket: BudgetBucket): Promise<void> {
    const key = this.#keyOf(bucket);
    let running = this.#loading.get(key);
    if (running === undefined) {
      running = this.#settings
        .loadSpent(bucket)
        .then(async (spent) => {
          await this.#run(restoreScript, [key], [spent, this.#lifetimeMs(bucket)]);
        })
        .finally(() => this.#loading.delete(key));
      this.#loading.set(key, running);
    }
    return running;
  }

  #keyOf(bucket: BudgetBucket): string {
    return `${this.#prefix}b:${bucketKey(bucket)}`;
  }

  #lifetimeMs(bucket: BudgetBucket): number {
    return Math.max(0, bucket.endMs - this.#settings.clock.nowMs()) + bucketGraceMs;
  }

  async #run(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<string[]> {
    try {
      const answer = await runScript(this.#settings.client, script, keys, values);
      return Array.isArray(answer) ? answer.map(String) : [String(answer)];
    } catch (error) {
      this.#doubts.noteFailure();
      throw error;
    }
  }
}

/** Pairs of spent and held as texts; empty ones are buckets that are not there. */
function toStates(buckets: readonly BudgetBucket[], money: readonly string[]): BucketState[] {
  return buckets.flatMap((bucket, index) => {
    const spent = money[index * 2] ?? "";
    if (spent === "") return [];
    return [{ bucket, spentNanoUsd: Number(spent), heldNanoUsd: Number(money[index * 2 + 1]) }];
  });
}
