import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createManualClock } from "../../core/time/clock.ts";
import { MonitorPerformance, monitored } from "./monitor-performance.ts";
import type { Monitored } from "./monitor-performance.ts";
import { PerformanceMonitor } from "./performance-monitor.ts";
import type { ThresholdBreach } from "./performance-profile.ts";

const generous = {
  maxDuration: 1_000,
  maxMemoryIncrease: Number.MAX_SAFE_INTEGER,
  maxCpuUsage: Number.MAX_SAFE_INTEGER,
};

test("an operation's count, mean, extremes, quantiles and time of the last run are told", () => {
  const clock = createManualClock(5_000);
  const monitor = new PerformanceMonitor(generous, { clock });
  for (let ms = 1; ms <= 100; ms++) {
    monitor.startOperation(`id-${ms}`, "translate");
    clock.advanceMs(ms);
    assert.equal(monitor.endOperation(`id-${ms}`)?.duration, ms);
  }
  const stats = monitor.getOperationStats("translate");
  assert.ok(stats !== null);
  assert.deepEqual(
    [stats.count, stats.avgDuration, stats.minDuration, stats.maxDuration, stats.lastExecuted],
    [100, 50.5, 1, 100, 10_050],
  );
  assert.ok(Math.abs(stats.p50Duration - 50) <= 0.5 && Math.abs(stats.p95Duration - 95) <= 0.95);
  assert.ok(stats.avgMemoryUsage !== null);
  assert.deepEqual(monitor.getAllStats(), [stats]);
});

test("unknown ids end as null, unknown operations have no stats", () => {
  const monitor = new PerformanceMonitor(generous);
  assert.equal(monitor.endOperation("nothing"), null);
  assert.equal(monitor.getOperationStats("nothing"), null);
});

test("clearStats forgets one operation or all", () => {
  const monitor = new PerformanceMonitor(generous);
  for (const name of ["a", "b", "c"]) monitor.observe(name, 1);
  monitor.clearStats("a");
  assert.deepEqual(
    monitor.getAllStats().map((stats) => stats.operation),
    ["b", "c"],
  );
  monitor.clearStats();
  assert.deepEqual(monitor.getAllStats(), []);
});

test("a breach of a threshold is an event with the profile and what was exceeded", () => {
  const clock = createManualClock(0);
  const monitor = new PerformanceMonitor(generous, { clock });
  const breaches: ThresholdBreach[] = [];
  monitor.on("thresholdExceeded", (breach) => breaches.push(breach));
  monitor.startOperation("1", "slow", { target: "x" });
  clock.advanceMs(1_001);
  monitor.endOperation("1");
  monitor.observe("slow", 1_000);
  monitor.observe("slow", 2_000);
  assert.equal(breaches.length, 2);
  assert.deepEqual(breaches[0]?.profile.context, { target: "x" });
  assert.deepEqual(breaches[0]?.warnings, ["Duration exceeded threshold: 1001ms > 1000ms"]);
});

test("memory that was measured elsewhere is held against its threshold, too", () => {
  const monitor = new PerformanceMonitor({ ...generous, maxMemoryIncrease: 1_000 });
  const warnings: string[] = [];
  monitor.on("thresholdExceeded", (breach) => warnings.push(...breach.warnings));
  monitor.observe("parse", 1, 1_000);
  monitor.observe("parse", 1, 1_001);
  assert.deepEqual(warnings, ["Memory increase exceeded threshold: 1001 > 1000"]);
});

test("an id that is begun again stands among the starts where it began last, and what it left open is abandoned", () => {
  const clock = createManualClock(0);
  const monitor = new PerformanceMonitor(generous, { clock });
  monitor.startOperation("again", "call");
  for (let index = 0; index < 10; index++) monitor.startOperation(`lost-${index}`, "call");
  clock.advanceMs(900_000);
  monitor.startOperation("again", "call");
  assert.deepEqual(monitor.openOperations, { active: 11, abandoned: 1 });
  for (let index = 0; index < 256; index++) monitor.startOperation("again", "call");
  assert.equal(monitor.openOperations.active, 1);
});

test("operations that never end are given up after fifteen minutes, and their number is bounded at once", () => {
  const clock = createManualClock(0);
  const monitor = new PerformanceMonitor(generous, { clock });
  for (let index = 0; index < 20_000; index++) monitor.startOperation(`id-${index}`, "lost");
  assert.ok(monitor.openOperations.active <= 10_000);
  clock.advanceMs(900_000);
  for (let index = 0; index < 256; index++) monitor.startOperation(`new-${index}`, "lost");
  assert.ok(monitor.openOperations.active <= 256);
  assert.equal(monitor.openOperations.active + monitor.openOperations.abandoned, 20_256);
});

test("names past the bound share one entry", () => {
  const monitor = new PerformanceMonitor(generous);
  for (let index = 0; index < 1_000; index++) monitor.observe(`name-${index}`, 1);
  assert.equal(monitor.getAllStats().length, 257);
  assert.equal(monitor.getOperationStats("_other")?.count, 744);
});

class Service implements Monitored {
  readonly performanceMonitor: PerformanceMonitor | undefined;
  constructor(monitor?: PerformanceMonitor) {
    this.performanceMonitor = monitor;
  }
}

/** Node strips types and leaves decorator syntax alone, so the decorator is applied as the compiler would. */
function decorate<Result>(
  method: (this: Service, key: string) => Result,
  operation?: string,
): (this: Service, key: string) => Result {
  const context = { kind: "method", name: "ask" } as unknown as ClassMethodDecoratorContext<Service, typeof method>;
  return MonitorPerformance(operation)(method, context);
}

test("a decorated method is timed under Class.method, and its arguments are kept nowhere", () => {
  const monitor = new PerformanceMonitor(generous);
  const ask = decorate(function ask(this: Service, key: string) {
    return `${key}!`;
  });
  assert.equal(ask.call(new Service(monitor), "sk-secret"), "sk-secret!");
  assert.equal(monitor.getOperationStats("Service.ask")?.count, 1);
  assert.ok(!JSON.stringify(monitor.getAllStats()).includes("sk-secret"));
  assert.equal(ask.call(new Service(), "x"), "x!");
});

test("the older form of decorators works too, and the global monitor keeps the figures of objects without one", (t) => {
  class Plain {
    ask(key: string): string {
      return `${key}!`;
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Plain.prototype, "ask")!;
  MonitorPerformance()(Plain.prototype, "ask", descriptor);
  Object.defineProperty(Plain.prototype, "ask", descriptor);
  assert.equal(new Plain().ask("a"), "a!");
  const monitor = new PerformanceMonitor(generous);
  const holder = globalThis as { performanceMonitor?: PerformanceMonitor };
  t.after(() => delete holder.performanceMonitor);
  holder.performanceMonitor = monitor;
  assert.equal(new Plain().ask("b"), "b!");
  assert.equal(monitor.getOperationStats("Plain.ask")?.count, 1);
});

test("promises are timed until they settle, failures as well, and a failure stays the caller's to handle", async () => {
  const monitor = new PerformanceMonitor(generous);
  const ask = decorate(async (key: string) => {
    await Promise.resolve();
    if (key === "bad") throw new Error("no");
    return key;
  }, "named");
  assert.equal(await ask.call(new Service(monitor), "good"), "good");
  await assert.rejects(ask.call(new Service(monitor), "bad"), /no/);
  const fails = monitored(monitor, "plain", () => {
    throw new Error("sync");
  });
  assert.throws(fails, /sync/);
  assert.equal(monitor.getOperationStats("named")?.count, 2);
  assert.equal(monitor.getOperationStats("plain")?.count, 1);
});

test("a million operations leave the heap as it was", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const monitor = new PerformanceMonitor(generous);
  const run = (count: number): void => {
    for (let index = 0; index < count; index++) {
      monitor.startOperation(`id-${index}`, "op");
      monitor.endOperation(`id-${index}`);
    }
    collectGarbage();
  };
  run(50_000);
  const before = process.memoryUsage().heapUsed;
  run(950_000);
  assert.ok(process.memoryUsage().heapUsed - before < 1_000_000);
  assert.equal(monitor.openOperations.active, 0);
  assert.equal(monitor.getOperationStats("op")?.count, 1_000_000);
});
