/** How far each cap was used in its past windows, from the ledger's sums. */
import { dayMs } from "../../core/time/durations.ts";
import type { NanoUsd } from "../../core/money.ts";
import { amountOf, uncapped } from "../../costs/budgets/caps/caps.ts";
import type { BudgetCap } from "../../core/money-settings.ts";
import { describeBucket } from "../../costs/budgets/describe-bucket.ts";
import { filterOf } from "../../costs/budgets/store/ledger-budgets.ts";
import { budgetPeriods, windowAt } from "../../costs/budgets/caps/windows.ts";
import type { BudgetPeriod } from "../../costs/budgets/caps/windows.ts";
import type { Ledger, SumRow } from "../../costs/ledger/ledger.ts";

export interface BudgetUse {
  /** `the daily budget of user ada`. */
  readonly name: string;
  readonly period: BudgetPeriod;
  readonly limitNanoUsd: NanoUsd;
  /** Spending of past windows, latest first, from the first one with calls on. */
  readonly spentNanoUsd: readonly NanoUsd[];
  readonly calls: number;
}

/** Past windows that are looked at. */
const windowCount: Readonly<Record<BudgetPeriod, number>> = { daily: 28, weekly: 8, monthly: 3 };

/** The use of each cap that names its member, or holds for all together. Rejects where the ledger cannot be read. */
export async function readBudgetUses(
  ledger: Pick<Ledger, "sums">,
  caps: readonly BudgetCap[],
  nowMs: number,
): Promise<readonly BudgetUse[]> {
  const uses: BudgetUse[] = [];
  for (const cap of caps) {
    if (cap.id === null && cap.scope !== "all") continue;
    const fromMs = nowMs - 124 * dayMs;
    const filter = filterOf({ scope: cap.scope, id: cap.id ?? "" });
    const days = await ledger.sums({ fromMs, toMs: nowMs, by: ["day"], filter });
    for (const period of budgetPeriods) {
      const limitNanoUsd = amountOf(cap, period);
      if (limitNanoUsd !== null && limitNanoUsd !== uncapped) uses.push(useOf(cap, period, limitNanoUsd, days, nowMs));
    }
  }
  return uses;
}

function useOf(
  cap: BudgetCap,
  period: BudgetPeriod,
  limitNanoUsd: NanoUsd,
  days: readonly SumRow[],
  nowMs: number,
): BudgetUse {
  const firstMs = Math.min(...days.map((row) => Number(row.group.day)));
  const spentNanoUsd: NanoUsd[] = [];
  let calls = 0;
  let endMs = windowAt(period, nowMs).startMs;
  for (let window = 0; window < windowCount[period]; window++) {
    const { startMs } = windowAt(period, endMs - 1);
    if (startMs < firstMs) break; // the ledger does not know all of this window
    const inside = days.filter((row) => Number(row.group.day) >= startMs && Number(row.group.day) < endMs);
    spentNanoUsd.push(inside.reduce((sum, row) => sum + Number(row.costNanoUsd), 0));
    calls += inside.reduce((sum, row) => sum + row.calls, 0);
    endMs = startMs;
  }
  const name = describeBucket({ scope: cap.scope, id: cap.id ?? "", period });
  return { name, period, limitNanoUsd, spentNanoUsd, calls };
}
