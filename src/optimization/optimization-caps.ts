/** `optimization.budgets` as the caps that budgets count: everyone's spending together. */
import { nanoUsdFromUsd } from "../core/money.ts";
import type { BudgetCap } from "../costs/budgets/caps.ts";
import type { CostOptimizationConfig } from "./cost-optimizer-types.ts";

/** One cap of scope `all`, or none where nothing is capped. */
export function optimizationCaps({ daily, weekly, monthly }: CostOptimizationConfig["budgets"]): readonly BudgetCap[] {
  if (daily === null && weekly === null && monthly === null) return [];
  const nano = (usd: number | null): number | null => (usd === null ? null : nanoUsdFromUsd(usd));
  const cap = { dailyNanoUsd: nano(daily), weeklyNanoUsd: nano(weekly), monthlyNanoUsd: nano(monthly) };
  return [{ scope: "all", id: null, ...cap }];
}
