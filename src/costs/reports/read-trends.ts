/** Trends of spending, from the ledger's sums by day. */
import { dayMs } from "../../core/time/durations.ts";
import type { Ledger, SumFilter } from "../ledger/ledger.ts";
import { trendsOf } from "./trends.ts";
import type { CostTrends } from "./trends.ts";

/** Days before now that are looked at: the running month, and more than the longest basis of a trend before it. */
const trendDays = 62;

/** Trends at `nowMs` of the calls that `filter` means (left out: of all). Rejects where the ledger cannot be read. */
export async function readTrends(
  ledger: Pick<Ledger, "sums">,
  filter: SumFilter | undefined,
  nowMs: number,
): Promise<CostTrends> {
  const rows = await ledger.sums({ fromMs: nowMs - trendDays * dayMs, toMs: nowMs, by: ["day"], filter });
  const days = rows.map((row) => ({ dayMs: Number(row.group.day), costNanoUsd: row.costNanoUsd }));
  return trendsOf(days, nowMs);
}
