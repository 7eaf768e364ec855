/**
 * Budgets in Redis: for several routers that share them. One round trip and one atomic script for each hold and each
 * settlement.
 *
 * The holds of a process belong to its lease, which it renews; when it dies, another one takes them back. A bucket
 * that Redis does not have (a new window, a flushed server) is restored from the ledger.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logging.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { BucketState, BudgetStore, LoadSpent } from "./budget-store.ts";
import { bucketKey } from "./caps.ts";
import type { BudgetBucket } from "./caps.ts";
import { announceScript, holdScript, readScript, renewScript, restoreScript, settleScript } from "./redis-scripts.ts";

/** The part of an `ioredis` client that is used here. */
export interface RedisClient {
  eval(script: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
  evalsha(sha: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
}

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
}

/** Marks of calls whose hold cannot tell any more are kept for a day: longer than any repetition waits. */
const markSeconds = 86_400;
/** A bucket stays two days after its window, for calls that began in it. */
const bucketGraceMs = 2 * 86_400_000;

/** A store over `client`, which stays its owner's to close. */
export function createRedisBudgetStore(settings: RedisBudgetStoreSettings): BudgetStore {
  const { client, processId, leaseMs, clock, logger } = settings;
  const prefix = `${settings.keyPrefix}{budget}:`; // the braces keep all keys in one slot of a cluster
  const lifeKey = `${prefix}p:${processId}`;
  const holdsKey = `${prefix}h:${processId}`;
  const open = new Map<string, NanoUsd>();
  const loading = new Map<string, Promise<void>>();
  const keyOf = (bucket: BudgetBucket): string => `${prefix}b:${bucketKey(bucket)}`;
  const lifetimeMs = (bucket: BudgetBucket): number => Math.max(0, bucket.endMs - clock.nowMs()) + bucketGraceMs;

  async function renew(): Promise<void> {
    try {
      const taken = await run(
        client,
        renewScript,
        [lifeKey, `${prefix}processes`],
        [processId, leaseMs, prefix, markSeconds],
      );
      if (Number(taken) > 0) logger.warn({ holds: Number(taken) }, "took back the budget holds of a dead process");
    } catch (error) {
      logger.warn({ error: String(error) }, "the lease on budget holds could not be renewed");
    }
  }

  const started = renew();
  const timer = setInterval(() => void renew(), Math.max(1, Math.floor(leaseMs / 3))).unref();

  function restore(bucket: BudgetBucket): Promise<void> {
    const key = keyOf(bucket);
    let running = loading.get(key);
    if (running === undefined) {
      running = settings
        .loadSpent(bucket)
        .then(async (spent) => {
          await run(client, restoreScript, [key], [spent, lifetimeMs(bucket)]);
        })
        .finally(() => loading.delete(key));
      loading.set(key, running);
    }
    return running;
  }

  /** Runs `script`, restoring the buckets that it misses; thrice, since a server may forget in between. */
  async function withBuckets(
    script: string,
    keys: readonly string[],
    values: readonly (string | number)[],
    buckets: readonly BudgetBucket[],
  ): Promise<string[]> {
    await started;
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = (await run(client, script, [...keys, ...buckets.map(keyOf)], values)) as string[];
      if (answer[0] !== "missing") return answer;
      await Promise.all(
        answer
          .slice(1)
          .flatMap((number) => buckets[Number(number) - 1] ?? [])
          .map(restore),
      );
    }
    throw new Error("Redis forgets budgets faster than they are restored");
  }

  return {
    async hold({ callId, buckets, amountNanoUsd, isEnforced }) {
      const limits = buckets.map((bucket) => bucket.limitNanoUsd);
      const values = [callId, amountNanoUsd, isEnforced ? 1 : 0, leaseMs, ...limits];
      const [kind, ...money] = await withBuckets(holdScript, [holdsKey, lifeKey], values, buckets);
      const states = toStates(buckets, money);
      if (kind === "refused") return { kind: "refused", states };
      open.set(callId, amountNanoUsd);
      return { kind: "held", states };
    },
    async settle({ callId, buckets, costNanoUsd, hadHold }) {
      const keys = [holdsKey, `${prefix}r:${callId}`, `${prefix}s:${callId}`, ...buckets.map(keyOf)];
      const values = [callId, costNanoUsd, hadHold ? 1 : 0, markSeconds];
      const [kind, ...money] = (await run(client, settleScript, keys, values)) as string[];
      open.delete(callId);
      return kind === "already" ? { kind: "already-settled" } : { kind: "settled", states: toStates(buckets, money) };
    },
    async read(buckets) {
      if (buckets.length === 0) return [];
      const [, ...money] = await withBuckets(readScript, [], [], buckets);
      return toStates(buckets, money);
    },
    async announce(bucket, what) {
      const key = `${prefix}a:${bucketKey(bucket)}`;
      return (await run(client, announceScript, [key], [what, lifetimeMs(bucket)])) === 1;
    },
    stats: () => ({ openHolds: open.size, heldNanoUsd: [...open.values()].reduce((sum, amount) => sum + amount, 0) }),
    async close() {
      clearInterval(timer);
      await started;
    },
  };
}

/** Runs a script by its hash, so that only the first call sends it whole. */
async function run(
  client: RedisClient,
  script: string,
  keys: readonly string[],
  values: readonly (string | number)[],
): Promise<unknown> {
  const sha = shaOf(script);
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...values);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return client.eval(script, keys.length, ...keys, ...values);
  }
}

const shas = new Map<string, string>();

function shaOf(script: string): string {
  let sha = shas.get(script);
  if (sha === undefined) shas.set(script, (sha = createHash("sha1").update(script).digest("hex")));
  return sha;
}

/** Pairs of spent and held as texts; empty ones are buckets that are not there. */
function toStates(buckets: readonly BudgetBucket[], money: readonly string[]): BucketState[] {
  return buckets.flatMap((bucket, index) => {
    const spent = money[index * 2] ?? "";
    if (spent === "") return [];
    return [{ bucket, spentNanoUsd: Number(spent), heldNanoUsd: Number(money[index * 2 + 1]) }];
  });
}
