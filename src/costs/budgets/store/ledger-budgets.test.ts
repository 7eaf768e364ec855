import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../../core/time/clock.ts";
import { silentLogger } from "../../../core/log/logging.ts";
import { createExpectedCosts, defaultExpectedNanoUsd } from "../../expected-cost.ts";
import { createSqliteLedger } from "../../ledger/sqlite/sqlite.ts";
import { createTestRecord } from "../../ledger/test-record.ts";
import { learnExpectedCosts } from "./ledger-budgets.ts";

/** What is held for ada's next call, where each of `costs` is a call of hers, the oldest first. */
async function expectedAfter(costs: readonly number[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "learn-"));
  const ledger = createSqliteLedger({ path: join(folder, "l.sqlite"), clock: systemClock, logger: silentLogger });
  try {
    for (const [index, costNanoUsd] of costs.entries())
      ledger.append(createTestRecord({ id: `req_${index}`, startedAtMs: 1_000 + index, costNanoUsd }));
    await ledger.flush();
    const expectedCosts = createExpectedCosts();
    await learnExpectedCosts(ledger, expectedCosts);
    return expectedCosts.expect("ada", "claude-sonnet-5", { leastNanoUsd: 0, mostNanoUsd: 1e12 });
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

const twenty = (costNanoUsd: number): number[] => Array.from({ length: 20 }, () => costNanoUsd);

test("a start learns what calls cost from the newest of them, free ones left out", async () => {
  const learned = await expectedAfter([...twenty(5_000_000), 0, 0]);
  assert.ok(Math.abs(learned - 5_000_000) < 500_000, String(learned));
});

test("a start does not look through a ledger of free calls for one that cost something", async () => {
  const free = Array.from({ length: 2_000 }, () => 0);
  assert.equal(await expectedAfter([...twenty(5_000_000), ...free]), defaultExpectedNanoUsd);
});
