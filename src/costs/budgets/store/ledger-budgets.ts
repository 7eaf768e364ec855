/** What budgets need of the ledger: what a window has spent, what calls usually cost, what was told. */
import type { Clock } from "../../../core/time/clock.ts";
import { dayMs } from "../../../core/time/durations.ts";
import { GatewayError } from "../../../core/errors/errors.ts";
import type { ExpectedCosts } from "../../expected-cost.ts";
import type { Ledger, SumFilter } from "../../ledger/ledger.ts";
import type { BudgetStore, LoadSpent } from "./budget-store.ts";
import { bucketKey } from "../caps/caps.ts";
import type { BudgetBucket } from "../caps/caps.ts";

/** Restores buckets from `ledger`. Rejects where rows wait that the sums do not have yet. */
export function createLoadSpent(ledger: Ledger): LoadSpent {
  return async (bucket, beforeMs = bucket.endMs) => {
    if (!(await isCaughtUp(ledger))) {
      throw new GatewayError("dependency_store_unreachable", "the ledger is behind: budgets cannot be restored");
    }
    const { startMs, endMs } = bucket;
    return Number(await ledger.spent({ fromMs: startMs, toMs: Math.min(beforeMs, endMs), filter: filterOf(bucket) }));
  };
}

/** Writes what waits. Whether the database has all rows now, also those that an earlier process left on disk. */
export async function isCaughtUp(ledger: Ledger): Promise<boolean> {
  return (await ledger.flush()) && ledger.health().spilledRows === 0;
}

/** Announcements that outlive the process: for a store in process. */
export function createAnnouncements(ledger: Ledger, clock: Clock): BudgetStore["announce"] {
  return async (bucket, what) => {
    const key = bucketKey(bucket);
    const found = await ledger.tables.query("SELECT what FROM budget_announcements WHERE bucket = ? AND what = ?", [
      key,
      what,
    ]);
    if (found.length > 0) return false;
    await ledger.tables.write([
      // Those of windows long over are of no use to anybody.
      {
        sql: "DELETE FROM budget_announcements WHERE window_end_ms < ?",
        parameters: [bucket.startMs - 90 * dayMs],
      },
      {
        sql: "INSERT INTO budget_announcements (bucket, what, window_end_ms, at_ms) VALUES (?, ?, ?, ?)",
        parameters: [key, what, bucket.endMs, clock.nowMs()],
      },
    ]);
    return true;
  };
}

/** Of the newest so many calls: to look further back for one that cost something would read a whole ledger of free ones. */
const learnedCalls = 2_000;

/** Teaches `expectedCosts` what the last calls cost: after a start, holds are as good as before it. */
export async function learnExpectedCosts({ tables }: Ledger, expectedCosts: ExpectedCosts): Promise<void> {
  const rows = await tables.query(
    `SELECT caller_user, asked_model, cost_nano_usd FROM calls ORDER BY started_at_ms DESC LIMIT ${learnedCalls}`,
    [],
  );
  for (const row of [...rows].reverse()) {
    const costNanoUsd = Number(row["cost_nano_usd"] ?? 0);
    if (costNanoUsd > 0) expectedCosts.observe(String(row["caller_user"]), String(row["asked_model"]), costNanoUsd);
  }
}

/** The calls whose money counts in a bucket of that scope and member. */
export function filterOf({ scope, id }: Pick<BudgetBucket, "scope" | "id">): SumFilter {
  if (scope === "all") return {};
  if (scope === "user") return { user: id };
  if (scope === "team") return { team: id };
  if (scope === "tier") return { tier: id };
  return scope === "key" ? { keyId: id } : { askedModel: id };
}
