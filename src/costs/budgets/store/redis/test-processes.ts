/**
 * Processes on one Redis and one ledger, for tests of redis-doubts.ts: real scripts on a real server, each step when the test says
 * so. Rows reach the ledger by age; processes are killed, cut off from Redis, late with their rows.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { Redis } from "ioredis";
import { createManualClock, systemClock } from "../../../../core/time/clock.ts";
import type { ManualClock } from "../../../../core/time/clock.ts";
import { silentLogger } from "../../../../core/log/logging.ts";
import type { BudgetStore, SettleRequest } from "../budget-store.ts";
import { RedisBudgetStore } from "./redis.ts";
import { atMs, createBucket } from "../test-bucket.ts";
import { callsIn, without } from "./test-calls-in.ts";

const url = process.env["CCR_TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379";
const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
client.on("error", () => undefined);
/** Why these tests cannot run here; false where they can. */
export const skip: string | false = await client.connect().then(
  () => false as const,
  () => `no Redis at ${url} (CCR_TEST_REDIS_URL)`,
);
test.after(() => client.disconnect());

interface Row {
  readonly startedAtMs: number;
  readonly costNanoUsd: number;
}

interface RunningCall extends Row {
  readonly callId: string;
  readonly hadHold: boolean;
}

const buckets = [createBucket(Number.MAX_SAFE_INTEGER)];
/** Costs are powers of four, and sums of so many are exact. */
const maxCalls = 24;

/** What several processes on one Redis and one ledger do. */
export class World {
  readonly keyPrefix: string = `ccr-test-${randomUUID()}:`;
  readonly clock: ManualClock = {
    ...createManualClock(atMs),
    monotonicMs: () => systemClock.monotonicMs() + this.#passedMs,
  };
  readonly ledger: Row[] = [];
  readonly processes: readonly [TestProcess, TestProcess] = [new TestProcess(this), new TestProcess(this)];
  recordedNanoUsd = 0;
  /** Happens while a process that compares waits for the ledger. */
  meanwhile: (() => Promise<void>) | null = null;
  #calls = 0;
  #passedMs = 0;

  /** A sum of powers of four tells which calls are in it, and shows one that is in it twice. Null: enough of them. */
  nextCost(): number | null {
    return this.#calls < maxCalls ? 4 ** this.#calls++ : null;
  }

  spentByLedger(beforeMs: number = Infinity): number {
    return this.ledger.reduce((sum, row) => sum + (row.startedAtMs < beforeMs ? row.costNanoUsd : 0), 0);
  }

  async spentInRedis(): Promise<number> {
    const [key] = await client.keys(`${this.keyPrefix}*:b:*`);
    return key === undefined ? 0 : Number(await client.hget(key, "spent"));
  }

  /** On the disks of processes that are dead. */
  leftNanoUsd(): number {
    return this.processes.reduce((sum, one) => sum + one.leftNanoUsd(), 0);
  }

  /** No call is in it twice, and none that has no record. */
  async check(): Promise<void> {
    const spent = callsIn(await this.spentInRedis());
    assert.deepEqual(without(spent, callsIn(this.recordedNanoUsd)), []);
  }

  async loseBucket(): Promise<void> {
    const [key] = await client.keys(`${this.keyPrefix}*:b:*`);
    if (key !== undefined) await client.del(key);
  }

  /** A server that takes the place of another one, without the last write of that. */
  async loseLastWrite(costNanoUsd: number): Promise<void> {
    const [key = ""] = await client.keys(`${this.keyPrefix}*:b:*`);
    await client.hincrby(key, "spent", -costNanoUsd);
  }

  /** Time passes, for failures to count again, and processes set their clocks. */
  async pause(ms: number): Promise<void> {
    this.#passedMs += ms;
    await this.tick();
  }

  /** A server that starts again with nothing. */
  async loseEverything(): Promise<void> {
    await client.del(...(await client.keys(`${this.keyPrefix}*`)));
  }

  /** Some looks, with time between them. */
  async ticks(count: number): Promise<void> {
    for (let left = count; left > 0; left--) await this.tick();
    await this.check();
  }

  /** Redis has every call that the ledger has, once. */
  async hasAll(): Promise<void> {
    assert.deepEqual(callsIn(await this.spentInRedis()), callsIn(this.spentByLedger()));
  }

  /** Time passes as between two looks: what was handed to the ledger before the last one is in it. */
  async tick(): Promise<void> {
    for (const one of this.processes) one.age();
    for (const one of this.processes) await one.look();
  }

  async close(): Promise<void> {
    for (const one of this.processes) await one.stop();
    const keys = await client.keys(`${this.keyPrefix}*`);
    if (keys.length > 0) await client.del(...keys);
  }
}

export class TestProcess {
  readonly #world: World;
  /** On the way to the ledger since the last tick, and since the one before. */
  #rows = { fresh: [] as Row[], aged: [] as Row[] };
  /** Rows that the database does not take at the moment. */
  #spilled: Row[] = [];
  /** What killed processes left on this machine's disk. */
  #left: Row[] = [];
  #isSpilling = false;
  #processId = "";
  #store: BudgetStore | null = null;
  #tasks: (() => Promise<void>)[] = [];
  #isCutOff = false;
  #running: RunningCall[] = [];
  #unsettled: SettleRequest[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  leftNanoUsd(): number {
    return this.#left.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
  }

  isAlive(): boolean {
    return this.#store !== null;
  }

  start(): void {
    if (this.#store !== null) return;
    const guarded = <Answer>(send: () => Promise<Answer>): Promise<Answer> =>
      this.#isCutOff ? Promise.reject(new Error("cut off")) : send();
    this.#processId = randomUUID();
    this.#tasks = [];
    this.#store = new RedisBudgetStore({
      client: {
        eval: (...rest) => guarded(() => client.eval(...rest)),
        evalsha: (...rest) => guarded(() => client.evalsha(...rest)),
      },
      keyPrefix: this.#world.keyPrefix,
      processId: this.#processId,
      loadSpent: (_bucket, beforeMs) => this.#loadSpent(beforeMs),
      ledger: { isBehind: () => this.#spilled.length > 0, catchUp: () => Promise.resolve(this.flush()) },
      clock: this.#world.clock,
      logger: silentLogger,
      leaseMs: 3_600_000,
      repeat: (_everyMs, task) => {
        this.#tasks.push(task);
        return () => undefined;
      },
    });
  }

  async begin(): Promise<void> {
    const costNanoUsd = this.#world.nextCost();
    if (costNanoUsd === null) return;
    const call = { callId: randomUUID(), startedAtMs: this.#world.clock.nowMs(), costNanoUsd };
    const hadHold = await this.#store!.hold({ callId: call.callId, buckets, amountNanoUsd: 1, isEnforced: true }).then(
      ({ kind }) => kind === "held",
      () => false,
    );
    this.#running.push({ ...call, hadHold });
  }

  /** Record and settlement of its oldest call. */
  async end(): Promise<void> {
    this.#record();
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let next = this.#unsettled[0]; next !== undefined; next = this.#unsettled[0]) {
      const isDone = await this.#store!.settle(next).then(
        () => true,
        () => false,
      );
      if (!isDone) return;
      this.#unsettled.shift();
    }
  }

  spill(is: boolean): void {
    this.#isSpilling = is;
  }

  cutOff(is: boolean): void {
    this.#isCutOff = is;
  }

  age(): void {
    const { fresh, aged } = this.#rows;
    this.#rows = { fresh: [], aged: fresh };
    if (this.#isSpilling) this.#spilled.push(...aged);
    else this.#world.ledger.push(...aged, ...this.#spilled.splice(0));
  }

  /** All that it does by itself: renews its lease, and looks at buckets in doubt. */
  async look(): Promise<void> {
    if (this.isAlive()) for (const task of this.#tasks) await task();
  }

  async read(): Promise<void> {
    await this.#store!.read(buckets).catch(() => undefined);
  }

  /** It records the call that it is at and is killed before it settles; the row is in the ledger or on its disk. */
  async kill(isWritten: boolean): Promise<void> {
    this.#record();
    const rows = [...this.#rows.fresh.splice(0), ...this.#rows.aged.splice(0), ...this.#spilled.splice(0)];
    if (isWritten) this.#world.ledger.push(...rows);
    else this.#left.push(...rows);
    this.#running = [];
    this.#unsettled = [];
    this.#isCutOff = true;
    await this.stop();
    this.#isCutOff = false;
    // Its lease ends.
    for (const key of await client.keys(`${this.#world.keyPrefix}*p:${this.#processId}`)) await client.del(key);
  }

  async stop(): Promise<void> {
    await this.#store?.close();
    this.#store = null;
  }

  /** A call from its beginning to its end. */
  async serve(): Promise<void> {
    await this.begin();
    await this.end();
  }

  /** While no cap holds calls are recorded and not settled; then one holds again. */
  async serveWithoutCap(): Promise<void> {
    await this.begin();
    this.#record();
    this.#unsettled = [];
    this.#store!.compare();
  }

  /** Everything that it has begun is over, and it can reach everybody. */
  async finish(): Promise<void> {
    this.#isCutOff = false;
    this.#isSpilling = false;
    while (this.#running.length > 0) await this.end();
    await this.settle();
  }

  #record(): void {
    const call = this.#running.shift();
    if (call === undefined) return;
    this.#rows.fresh.push(call);
    this.#world.recordedNanoUsd += call.costNanoUsd;
    this.#unsettled.push({ ...call, buckets, recordedAtMs: this.#world.clock.monotonicMs() });
  }

  /** Whether the ledger has all of its rows now. */
  flush(): boolean {
    const rows = [...this.#left.splice(0), ...this.#rows.aged.splice(0), ...this.#rows.fresh.splice(0)];
    if (this.#isSpilling) this.#spilled.push(...rows);
    else this.#world.ledger.push(...rows);
    return this.#spilled.length === 0;
  }

  async #loadSpent(beforeMs: number | undefined): Promise<number> {
    if (!this.flush()) throw new Error("the ledger is behind");
    const spent = this.#world.spentByLedger(beforeMs);
    if (beforeMs === undefined) return spent; // a bucket that Redis does not have
    const { meanwhile } = this.#world;
    this.#world.meanwhile = null;
    await meanwhile?.();
    return spent;
  }
}
