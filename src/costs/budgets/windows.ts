/** The windows over which budgets count: UTC days, weeks from Monday, months. */

export type BudgetPeriod = "daily" | "weekly" | "monthly";

export const budgetPeriods: readonly BudgetPeriod[] = ["daily", "weekly", "monthly"];

/** Unix milliseconds; the end is the reset and the start of the next window. */
export interface WindowBounds {
  readonly startMs: number;
  readonly endMs: number;
}

const dayMs = 86_400_000;

/** The window of `period` that holds `atMs`. */
export function windowAt(period: BudgetPeriod, atMs: number): WindowBounds {
  const midnight = Math.floor(atMs / dayMs) * dayMs;
  if (period === "daily") return { startMs: midnight, endMs: midnight + dayMs };
  if (period === "weekly") {
    const daysSinceMonday = (new Date(midnight).getUTCDay() + 6) % 7;
    const startMs = midnight - daysSinceMonday * dayMs;
    return { startMs, endMs: startMs + 7 * dayMs };
  }
  const date = new Date(midnight);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { startMs: Date.UTC(year, month, 1), endMs: Date.UTC(year, month + 1, 1) };
}
