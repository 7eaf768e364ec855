/** The guide's CostOptimizer on a real ledger and real budgets: one test for each of its defects, and its report. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { dayMs } from "../../src/core/time/durations.ts";
import type { Target } from "../../src/core/target.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";
import { optimizationCaps } from "../../src/optimization/optimization-caps.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { startMs, withOptimizer } from "./optimizer-rig.ts";

const request = { askedModel: "m", requestBytes: 100_000 };
const dear: Target = { provider: "dear", model: "m" };
const cheap: Target = { provider: "cheap", model: "m" };
const context = { tokenCount: 1_000, cacheHit: false, requestType: "chat" };

test("weights: the parts of each ranking sum to 1 at every level of the budget", () =>
  withOptimizer({ daily: 10 }, async ({ optimizer }) => {
    for (const spend of [0, 8, 1.8]) {
      await optimizer.trackCost("ada", "dear", "m", spend, context);
      for (const { parts } of await optimizer.optimizeRoute(request, [dear, cheap], { userId: "ada" })) {
        assert.ok(Math.abs(parts.cost.weight + parts.quality.weight + parts.latency.weight - 1) < 1e-12);
      }
    }
  }));

test("tiers: cost weighs more by the smallest share left of daily, weekly and monthly budgets", () =>
  withOptimizer({ daily: 100, weekly: 20, monthly: 1_000 }, async ({ optimizer }) => {
    const costWeight = async (): Promise<number | undefined> =>
      (await optimizer.optimizeRoute(request, [dear, cheap], { userId: "ada" }))[0]?.parts.cost.weight;
    assert.equal(await costWeight(), 0.3);
    await optimizer.trackCost("ada", "dear", "m", 15.2, context); // 24 % of the week left
    assert.equal(await costWeight(), 0.5);
    await optimizer.trackCost("ada", "dear", "m", 3.9, context); // 4.5 % left
    assert.equal(await costWeight(), 0.8);
    await optimizer.trackCost("ada", "dear", "m", 0.89, context); // a cent left, where the guide stays at 0.3
    assert.equal(await costWeight(), 0.8);
  }));

test("tiers: a budget that is not enforced does not weigh", () =>
  withOptimizer({ daily: 10, strategies: { budgetEnforcement: false } }, async ({ optimizer }) => {
    await optimizer.trackCost("ada", "dear", "m", 9.9, context);
    const [first] = await optimizer.optimizeRoute(request, [dear, cheap], { userId: "ada" });
    assert.equal(first?.parts.cost.weight, 0.3);
  }));

test("double count: a tracked cost is in budget and report at once, and once, also when the budget was first read after it", () =>
  withOptimizer({ daily: 10 }, async ({ optimizer, ledger, events }) => {
    await optimizer.trackCost("ada", "dear", "m", 3, context);
    await optimizer.trackCost("ada", "dear", "m", 3, context);
    const { daily } = await optimizer.getBudgetStatus("ada");
    assert.deepEqual([daily?.used, daily?.remaining, daily?.percentage], [6, 4, 60]);
    const metrics = await optimizer.getCostMetrics(new Date(startMs - dayMs), new Date(startMs + dayMs));
    assert.deepEqual([metrics.totalCost, metrics.costByUser], [6, { ada: 6 }]);
    assert.equal((await ledger.records({})).entries.length, 2);
    // 6 and 4 fit exactly; the guide would count the 4 twice and complain
    assert.deepEqual(await optimizer.checkBudgetLimits("ada", 4), { exceeded: [], isRefused: false });
    await optimizer.trackCost("ada", "dear", "m", 3.99, context);
    assert.equal(events.length, 0);
  }));

test("weekly budget: it is read, reported and checked", () =>
  withOptimizer({ daily: 100, weekly: 10 }, async ({ optimizer, clock }) => {
    await optimizer.trackCost("ada", "dear", "m", 6, context);
    clock.advanceMs(dayMs);
    const { daily, weekly, monthly } = await optimizer.getBudgetStatus("ada");
    assert.deepEqual([daily?.used, weekly?.used, weekly?.limit, monthly], [0, 6, 10, null]);
    assert.equal(weekly?.resetsAt.toISOString(), "2026-11-23T00:00:00.000Z");
    const { exceeded, isRefused } = await optimizer.checkBudgetLimits("ada", 5);
    assert.deepEqual(exceeded, [{ userId: "ada", type: "weekly", scope: "user", id: "ada", usage: 11, limit: 10 }]);
    assert.equal(isRefused, true);
  }));

test("events: the optimizer is an EventEmitter, and tells each breach once, whoever finds it", () =>
  withOptimizer({ daily: 5 }, async ({ optimizer, events, clock }) => {
    assert.ok(optimizer instanceof EventEmitter);
    await optimizer.checkBudgetLimits("ada", 6);
    await optimizer.checkBudgetLimits("ada", 7);
    for (let call = 0; call < 4; call++) await optimizer.trackCost("ada", "dear", "m", 3, context);
    assert.deepEqual(events, [{ userId: "ada", type: "daily", scope: "user", id: "ada", usage: 6, limit: 5 }]);
    for (let call = 0; call < 3; call++) await optimizer.trackCost("bob", "dear", "m", 3, context);
    await waitUntil("the second breach is told", () => events.length === 2);
    clock.advanceMs(dayMs);
    await optimizer.trackCost("ada", "dear", "m", 8, context);
    await waitUntil("the third breach is told", () => events.length === 3);
    await setImmediate();
    assert.deepEqual(
      events.map(({ userId }) => userId),
      ["ada", "bob", "ada"],
    );
  }));

test("score: 0.11 and 5 dollars do not score alike; cost is relative to the candidates", () =>
  withOptimizer({ usdPerMillion: { dear: 160, cheap: 3.6 } }, async ({ optimizer }) => {
    const [first, second] = await optimizer.optimizeRoute(request, [dear, cheap], { userId: "ada" });
    assert.ok(first!.estimatedCostUsd > 0.1 && second!.estimatedCostUsd > 4);
    assert.deepEqual([first!.provider, first!.parts.cost.score], ["cheap", 1]);
    assert.ok(Math.abs(second!.parts.cost.score - 3.6 / 160) < 1e-4);
    assert.ok(first!.score > second!.score);
  }));

test("with cost-aware routing off the candidates keep their order, and the reason says so", () =>
  withOptimizer({ strategies: { costAwareRouting: false } }, async ({ optimizer }) => {
    const ranking = await optimizer.optimizeRoute(request, [dear, cheap], { userId: "ada" });
    assert.deepEqual(
      ranking.map(({ provider, score }) => [provider, score]),
      [
        ["dear", 1],
        ["cheap", 0.5],
      ],
    );
    assert.match(ranking[0]!.reasoning, /^place 1 as configured: cost-aware routing is off$/);
  }));

test("an estimate is the next call's price; what is no cost is refused", () =>
  withOptimizer({}, async ({ optimizer }) => {
    const at = (target: Target): number => optimizer.estimateCost(request, target, { userId: "ada" });
    // some 28,000 tokens of input and 500 of output
    assert.ok(at(cheap) > 0.02 && at(cheap) < 0.04, String(at(cheap)));
    assert.ok(Math.abs(at(dear) / at(cheap) - 4) < 1e-3);
    await assert.rejects(optimizer.trackCost("ada", "dear", "m", Number.NaN, context), RangeError);
    await assert.rejects(optimizer.trackCost("ada", "dear", "m", -1, context), RangeError);
  }));

test("the configuration's budgets are one cap for everyone together, or none", () => {
  assert.deepEqual(optimizationCaps({ dailyNanoUsd: null, weeklyNanoUsd: null, monthlyNanoUsd: null }), []);
  const amounts = { dailyNanoUsd: 1_500_000_000, weeklyNanoUsd: null, monthlyNanoUsd: 20_000_000_000 };
  assert.deepEqual(optimizationCaps(amounts), [{ scope: "all", id: null, ...amounts }]);
});

test("a report has breakdowns, savings, trends and recommendations, of one user alone if asked", () =>
  withOptimizer({ daily: 50 }, async ({ optimizer, ledger }) => {
    for (let call = 0; call < 240; call++) {
      ledger.append(
        createTestRecord({
          id: `req_${call}`,
          startedAtMs: startMs - 16 * dayMs + call * 5_400_000,
          user: call % 4 === 0 ? "bob" : "ada",
          outcome: call % 6 === 0 ? "cut" : "success",
          costNanoUsd: 50_000_000,
        }),
      );
    }
    await ledger.flush();
    const [start, end] = [new Date(startMs - 16 * dayMs), new Date(startMs)];
    const report = await optimizer.generateCostReport(start, end);
    assert.ok(Math.abs(report.totalCost - 12) < 1e-9);
    assert.deepEqual(report.costBreakdown.byUser, { ada: 9, bob: 3 });
    assert.deepEqual(Object.keys(report.costBreakdown.byModel), ["claude-sonnet-5"]);
    assert.ok(report.savings.cachingAmount > 0 && report.savings.totalPotentialCost > report.savings.actualCost);
    assert.ok(report.trends.dailyAverage !== null && report.trends.monthlyProjection !== null);
    assert.ok(Math.abs(report.trends.weeklyTrend!) < 10);
    const [first] = report.recommendations;
    assert.deepEqual([first?.type, first?.priority, first?.basedOnCalls], ["failed-calls", "high", 40]);
    assert.ok(Math.abs(first!.potentialSavings - (2 / 16) * 30) < 1e-6);
    const own = await optimizer.generateCostReport(start, end, "bob");
    assert.deepEqual(own.costBreakdown.byUser, { bob: 3 });
    assert.ok((await optimizer.getBudgetStatus("ada")).projectedMonthly! > 9);
  }));

test("no call of a provider that is configured no more gives advice, and none says to go there", async () => {
  const advice = async (isConfigured: (provider: string) => boolean): Promise<readonly string[]> => {
    const titles: string[] = [];
    await withOptimizer({ usdPerMillion: { dear: 4, gone: 1 }, isConfigured }, async ({ optimizer, ledger }) => {
      for (let call = 0; call < 240; call++) {
        const startedAtMs = startMs - 8 * dayMs + call * 2_700_000;
        const record = createTestRecord({ id: `req_${call}`, startedAtMs, costNanoUsd: 1e9 });
        const target = call % 4 === 0 ? { provider: "gone", model: "claude-haiku-4-5" } : dear;
        ledger.append({ ...record, target, askedModel: "claude-haiku-4-5", requestBytes: call });
      }
      await ledger.flush();
      const found = await optimizer.generateRecommendations(new Date(startMs - 8 * dayMs), new Date(startMs));
      titles.push(...found.map(({ title }) => title));
    });
    return titles;
  };
  assert.deepEqual(await advice(() => true), ["Send all background calls to gone/claude-haiku-4-5"]);
  assert.deepEqual(await advice((provider) => provider !== "gone"), []);
});
