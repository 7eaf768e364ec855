/**
 * What the money costs: recording a call, a hold, a report over a long history.
 *
 *     node bench/money.ts [rows]        (default 1,000,000 rows for the report; `npm run bench` ends with it)
 *     node bench/money.ts --sums 10000000   (reports over the sums of so many calls, without their rows: minutes to make)
 *
 * Bars: recording at most 50 µs of a call's path, a hold in process at most 10 µs, in Redis one round trip; a report
 * over 1 million rows, or over the sums of 10 million, under a second.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { systemClock } from "../src/core/time/clock.ts";
import { silentLogger } from "../src/core/log/logging.ts";
import { totalInput } from "../src/core/usage.ts";
import { Budgets } from "../src/costs/budgets/budgets.ts";
import { MemoryBudgetStore } from "../src/costs/budgets/store/memory.ts";
import type { BudgetStore } from "../src/costs/budgets/store/budget-store.ts";
import { RedisBudgetStore } from "../src/costs/budgets/store/redis/redis.ts";
import { costOfUsage } from "../src/costs/cost-of-usage.ts";
import { createExpectedCosts } from "../src/costs/expected-cost.ts";
import type { Ledger } from "../src/costs/ledger/ledger.ts";
import { createSqliteLedger } from "../src/costs/ledger/sqlite/sqlite.ts";
import { createTestRecord } from "../src/costs/ledger/test-record.ts";
import { createPriceBook } from "../src/costs/prices/price-book.ts";
import { generateBreakdown, generateCostReport } from "../src/costs/reports/cost-report.ts";
import { savingsOf } from "../src/costs/savings.ts";
import { callsOf } from "./money/company.ts";
import { writeSums } from "./money/sums-only.ts";
import { median } from "./rig/statistics.ts";

const { values: options, positionals } = parseArgs({ options: { sums: { type: "string" } }, allowPositionals: true });
const rows = Number(positionals[0] ?? 1_000_000);
const day = 86_400_000;
const nowMs = Date.UTC(2026, 10, 30);
const folder = mkdtempSync(join(tmpdir(), "bench-money-"));

function openLedger(name: string): Ledger {
  return createSqliteLedger({ path: join(folder, name), clock: systemClock, logger: silentLogger });
}

function report(what: string, value: number, unit: string, bar?: number): void {
  const verdict =
    bar === undefined ? "" : value <= bar ? `  (bar ${bar} ${unit}: kept)` : `  (bar ${bar} ${unit}: MISSED)`;
  console.log(`${what.padEnd(62)} ${value.toFixed(2).padStart(10)} ${unit}${verdict}`);
}

/** For what asks another process: time passed. */
function passedUs(): number {
  return performance.now() * 1000;
}

/** For what is done in this one: this thread's time, which a busy machine does not lengthen. Some kernels count it in 4 ms. */
function workedUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Time of one run in microseconds: the median of batches; on average where the clock is too coarse for one batch. */
async function timeOfOneUs(
  batches: number,
  perBatch: number,
  clockUs: () => number,
  run: (index: number) => unknown,
): Promise<number> {
  const times: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const startedAt = clockUs();
    for (let index = 0; index < perBatch; index++) {
      const result = run(batch * perBatch + index);
      if (result instanceof Promise) await result;
    }
    times.push((clockUs() - startedAt) / perBatch);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return clockUs === workedUs ? times.reduce((sum, time) => sum + time, 0) / times.length : median(times);
}

let recordNumber = 0;

function nextRecord(): ReturnType<typeof createTestRecord> {
  return createTestRecord({ id: `req_turn_${recordNumber++}` });
}

/** This thread's time for a turn of the event loop that does `run` once. */
async function turnsUs(run: () => void): Promise<number> {
  const turns = 2_000;
  const startedUs = workedUs();
  for (let turn = 0; turn < turns; turn++) {
    run();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return (workedUs() - startedUs) / turns;
}

async function benchRecording(): Promise<void> {
  const book = createPriceBook(
    {
      multiplier: 1,
      unknownModel: { inputUsdPerMillion: 10, outputUsdPerMillion: 50 },
      overrides: [],
      providerKinds: {},
    },
    silentLogger,
  );
  const ledger = openLedger("record.sqlite");
  const base = createTestRecord({ id: "x" });
  const { target, usage } = base;
  if (target === null || usage === null) throw new Error("the test record has a target and a usage");
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const us = await timeOfOneUs(60, 500, passedUs, (index) => {
    const prices = book.pricesFor(target, nowMs, totalInput(usage));
    const cost = costOfUsage(usage, prices);
    const savings = savingsOf({ usage, prices, cacheStatus: "miss", unroutedPrices: null });
    ledger.append({ ...base, id: `req_${index}`, startedAtMs: nowMs - index, cost, savings });
  });
  report("recording: price, cost, savings, hand-over (on the call's path)", us, "µs", 50);
  const before = ledger.health().writtenRows;
  const [startedAt, startedUs] = [performance.now(), workedUs()];
  await ledger.flush();
  const written = ledger.health().writtenRows - before;
  report("  its row's way to the writing thread (this thread's time)", (workedUs() - startedUs) / written, "µs");
  report("  until it is written (all threads, wall clock)", ((performance.now() - startedAt) * 1000) / written, "µs");
  const [busyUs, idleUs] = [await turnsUs(() => ledger.append(nextRecord())), await turnsUs(() => undefined)];
  report("  its line in the journal, one call a turn (after the answer)", busyUs - idleUs, "µs");
  loop.disable();
  report("  longest hold-up of the event loop meanwhile", loop.max / 1e6, "ms");
  await ledger.close();
}

async function benchHolds(name: string, store: BudgetStore, batches: number, bar?: number): Promise<void> {
  const [perBatch, clockUs] = bar === undefined ? [500, passedUs] : [5_000, workedUs];
  const limit = 1e15;
  const budgets = new Budgets({
    settings: {
      enforcement: true,
      mode: "expected",
      onStoreFailure: "open",
      caps: [{ scope: "user", id: null, dailyNanoUsd: limit, weeklyNanoUsd: limit, monthlyNanoUsd: limit }],
      thresholds: { warning: 0.75, critical: 0.95 },
    },
    store,
    expectedCosts: createExpectedCosts(),
    seatCaps: () => [],
    clock: systemClock,
    logger: silentLogger,
  });
  const range = { leastNanoUsd: 1, mostNanoUsd: 1_000_000_000 };
  const subject = { user: "ada", team: "t", tier: "gold", keyId: "k", askedModel: "claude-opus-5" };
  const tickets: Parameters<typeof budgets.settle>[0][] = [];
  const holdUs = await timeOfOneUs(batches, perBatch, clockUs, async () => {
    const verdict = await budgets.hold({ callId: randomUUID(), subject, atMs: Date.now(), range });
    if (verdict.kind === "held") tickets.push(verdict.ticket);
  });
  report(`hold, ${name}, three caps`, holdUs, "µs", bar);
  const settleUs = await timeOfOneUs(batches, perBatch, clockUs, async () => {
    const ticket = tickets.pop();
    if (ticket !== undefined) await budgets.settle(ticket, 12_345);
  });
  report(`settle, ${name}, three caps`, settleUs, "µs", bar);
  await budgets.close();
}

async function benchRedis(): Promise<void> {
  const client = new Redis("redis://127.0.0.1:6379", { maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on("error", () => undefined);
  try {
    await client.ping();
  } catch {
    console.log("hold, Redis: no Redis at 127.0.0.1:6379");
    return;
  }
  report("one round trip to Redis (PING)", await timeOfOneUs(20, 200, passedUs, () => client.ping()), "µs");
  const keyPrefix = `ccr-bench-${randomUUID()}:`;
  const store = new RedisBudgetStore({
    client,
    keyPrefix,
    processId: randomUUID(),
    loadSpent: () => Promise.resolve(0),
    ledger: { isBehind: () => false, catchUp: () => Promise.resolve(true) },
    clock: systemClock,
    logger: silentLogger,
    leaseMs: 30_000,
  });
  await benchHolds("Redis", store, 10);
  const keys = await client.keys(`${keyPrefix}*`);
  if (keys.length > 0) await client.del(...keys);
  client.disconnect();
}

/** Reports over the month of a company whose calls stand in the ledger's rows. */
async function benchRows(): Promise<void> {
  const ledger = openLedger("reports.sqlite");
  const startedAt = performance.now();
  let made = 0;
  for (const call of callsOf({ calls: rows, users: 300, endMs: nowMs })) {
    ledger.append(call);
    if (++made % 5_000 === 0) await ledger.flush();
  }
  await ledger.flush();
  console.log(`made ${rows} rows in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  await benchReports(ledger);
  await ledger.close();
}

/** Reports over the sums of a larger company's month. */
async function benchSums(calls: number): Promise<void> {
  const startedAt = performance.now();
  writeSums(join(folder, "sums.sqlite"), callsOf({ calls, users: 3_000, endMs: nowMs }));
  console.log(`made the sums of ${calls} calls in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  const ledger = openLedger("sums.sqlite");
  await ledger.flush();
  await benchReports(ledger);
  await ledger.close();
}

async function benchReports(ledger: Ledger): Promise<void> {
  const month = { fromMs: nowMs - 30 * day, toMs: nowMs, nowMs };
  const anyHours = { fromMs: month.fromMs + 7 * 3_600_000, toMs: nowMs - 9 * 3_600_000, nowMs };
  const memoryBefore = process.memoryUsage().rss;
  const time = async (what: string, run: () => Promise<unknown>): Promise<void> => {
    const from = performance.now();
    await run();
    report(what, performance.now() - from, "ms", 1_000);
  };
  await time("report of 30 days, cold", () => generateCostReport(ledger, month));
  await time("report of 30 days, warm", () => generateCostReport(ledger, month));
  await time("report from an hour to another", () => generateCostReport(ledger, anyHours));
  await time("ccr costs --by session", () => generateBreakdown(ledger, "session", month));
  await time("ccr costs --by user", () => generateBreakdown(ledger, "user", month));
  await time("ccr costs --by hour", () => generateBreakdown(ledger, "hour", month));
  await time("records of one user, 100 newest", () => ledger.records({ user: "user-3" }));
  report("memory that the reports took", (process.memoryUsage().rss - memoryBefore) / 1024 / 1024, "MiB");
}

async function benchAll(): Promise<void> {
  if (options.sums !== undefined) return benchSums(Number(options.sums));
  await benchRecording();
  const store = new MemoryBudgetStore({
    clock: systemClock,
    loadSpent: () => Promise.resolve(0),
    announce: () => Promise.resolve(true),
  });
  await benchHolds("in process", store, 6, 10);
  await benchRedis();
  await benchRows();
}

try {
  await benchAll();
} finally {
  rmSync(folder, { recursive: true });
}
