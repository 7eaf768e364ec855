/** Budgets and ledger together: what one counts is what the other keeps, whatever becomes of the calls. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createManualClock } from "../../src/core/time/clock.ts";
import type { Clock } from "../../src/core/time/clock.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import { createRandom } from "../../src/costs/testdata/seeded-random.ts";
import { Budgets } from "../../src/costs/budgets/budgets.ts";
import {
  createAnnouncements,
  createLoadSpent,
  learnExpectedCosts,
} from "../../src/costs/budgets/store/ledger-budgets.ts";
import { MemoryBudgetStore } from "../../src/costs/budgets/store/memory.ts";
import { createExpectedCosts } from "../../src/costs/expected-cost.ts";
import type { Ledger } from "../../src/costs/ledger/ledger.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite/sqlite.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";

const usd = 1_000_000_000;
const start = Date.UTC(2026, 10, 18, 12);

function openBudgets(ledger: Ledger, clock: Clock, dailyUsd: number): Budgets {
  const cap = { id: null, dailyNanoUsd: dailyUsd * usd, weeklyNanoUsd: null, monthlyNanoUsd: 1_000 * usd };
  return new Budgets({
    settings: {
      enforcement: true,
      mode: "expected",
      onStoreFailure: "open",
      caps: (["user", "team", "tier", "key", "model", "all"] as const).map((scope) => ({ scope, ...cap })),
      thresholds: { warning: 0.75, critical: 0.95 },
    },
    store: new MemoryBudgetStore({
      clock,
      loadSpent: createLoadSpent(ledger),
      announce: createAnnouncements(ledger, clock),
    }),
    expectedCosts: createExpectedCosts(),
    seatCaps: () => [],
    clock,
    logger: silentLogger,
  });
}

async function withLedger(run: (ledger: Ledger) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "money-"));
  const ledger = createSqliteLedger({
    path: join(folder, "l.sqlite"),
    clock: createManualClock(start),
    logger: silentLogger,
  });
  try {
    await run(ledger);
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

test("10,000 calls with failures and aborts: no hold is left, and spent is what the ledger says, for every cap", () =>
  withLedger(async (ledger) => {
    const clock = createManualClock(start);
    const budgets = openBudgets(ledger, clock, 100_000);
    const random = createRandom(4);
    const outcomes = ["success", "success", "error", "aborted", "cut"] as const;
    const users = ["ada", "bob", "eve"] as const;

    const call = async (index: number): Promise<void> => {
      const user = users[index % users.length] ?? "ada";
      const outcome = outcomes[Math.floor(random() * outcomes.length)] ?? "success";
      const costNanoUsd = outcome === "error" ? 0 : Math.floor(random() * 40_000_000);
      const record = createTestRecord({ id: `req_${index}`, startedAtMs: start, user, outcome, costNanoUsd });
      const { team, tier, keyId } = record.caller;
      const verdict = await budgets.hold({
        callId: record.id,
        subject: { user, team, tier, keyId, askedModel: record.askedModel },
        atMs: start,
        range: { leastNanoUsd: 1, mostNanoUsd: 2 * usd },
      });
      assert.ok(verdict.kind === "held");
      if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
      ledger.append(record);
      await budgets.settle(verdict.ticket, costNanoUsd);
      if (random() < 0.05) await budgets.settle(verdict.ticket, costNanoUsd); // somebody settles twice
    };
    for (let first = 0; first < 10_000; first += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, offset) => call(first + offset)));
    }
    assert.deepEqual(budgets.stats(), { openHolds: 0, heldNanoUsd: 0 });
    await ledger.flush();
    for (const user of users) {
      const states = await budgets.statusOf({
        user,
        team: "compilers",
        tier: "standard",
        keyId: `key-${user}`,
        askedModel: "claude-sonnet-5",
      });
      assert.equal(states.length, 12);
      for (const { bucket, spentNanoUsd, heldNanoUsd } of states) {
        assert.equal(heldNanoUsd, 0);
        assert.equal(spentNanoUsd, await createLoadSpent(ledger)(bucket), `${bucket.scope} ${bucket.period}`);
      }
    }
  }));

test("after a restart holds are what calls cost before it", () =>
  withLedger(async (ledger) => {
    for (let call = 0; call < 40; call++) {
      ledger.append(createTestRecord({ id: `req_${call}`, startedAtMs: start + call, costNanoUsd: 3_000_000 }));
    }
    await ledger.flush();
    const expected = createExpectedCosts();
    await learnExpectedCosts(ledger, expected);
    const held = expected.expect("ada", "claude-sonnet-5", { leastNanoUsd: 0, mostNanoUsd: usd });
    assert.ok(held >= 3_000_000 && held <= 3_300_000, String(held));
  }));

test("after a restart budgets know what was spent, and tell nothing twice", () =>
  withLedger(async (ledger) => {
    const clock = createManualClock(start);
    const subject = { user: "ada", team: null, tier: "standard", keyId: "key-ada", askedModel: "claude-sonnet-5" };
    const told: string[] = [];
    const runOnce = async (id: string): Promise<string> => {
      const budgets = openBudgets(ledger, clock, 10);
      budgets.subscribe((event) => told.push(`${event.bucket.scope} ${event.kind}`));
      const range = { leastNanoUsd: 1, mostNanoUsd: usd };
      const verdict = await budgets.hold({ callId: id, subject, atMs: start, range });
      if (verdict.kind === "held") {
        ledger.append(createTestRecord({ id, startedAtMs: start, user: "ada", team: null, costNanoUsd: 8 * usd }));
        await budgets.settle(verdict.ticket, 8 * usd);
      }
      await ledger.flush();
      await budgets.close();
      return verdict.kind;
    };
    assert.equal(await runOnce("first"), "held");
    const afterFirst = [...told];
    assert.equal(afterFirst.filter((event) => event.endsWith("budgetThresholdReached")).length, 5);
    assert.equal(await runOnce("second"), "held"); // 8 of 10 spent, this call holds 0.10
    assert.equal(await runOnce("third"), "refused");
    const thresholds = told.filter((event) => event === "user budgetThresholdReached");
    assert.equal(thresholds.length, 2, "0.75 once, 0.95 once");
    assert.equal(told.filter((event) => event === "user budgetLimitExceeded").length, 1);
  }));
