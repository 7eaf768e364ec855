/** `optimization.budgets` as the caps that budgets count: everyone's spending together. */
import type { BudgetCap } from "../core/money-settings.ts";

/** One cap of scope `all`, or none where nothing is capped. */
export function optimizationCaps(amounts: Omit<BudgetCap, "scope" | "id">): readonly BudgetCap[] {
  const { dailyNanoUsd, weeklyNanoUsd, monthlyNanoUsd } = amounts;
  if (dailyNanoUsd === null && weeklyNanoUsd === null && monthlyNanoUsd === null) return [];
  return [{ scope: "all", id: null, dailyNanoUsd, weeklyNanoUsd, monthlyNanoUsd }];
}
