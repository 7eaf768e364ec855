/** The windows over which budgets count: UTC days, weeks from Monday, months. */
import { dayMs } from "../../../core/time/durations.ts";

export type BudgetPeriod = "daily" | "weekly" | "monthly";

export const budgetPeriods: readonly BudgetPeriod[] = ["daily", "weekly", "monthly"];

/** Unix milliseconds; the end is the reset and the start of the next window. */
export interface WindowBounds {
  readonly startMs: number;
  readonly endMs: number;
}

/** The window of `period` that holds `atMs`. */
export function windowAt(period: BudgetPeriod, atMs: number): WindowBounds {
  const midnight = Math.floor(atMs / dayMs) * dayMs;
  if (period === "daily") return { startMs: midnight, endMs: midnight + dayMs };
  if (period === "weekly") {
    const daysSinceMonday = (midnight / dayMs + 3) % 7; // 1970 began on a Thursday
    const startMs = midnight - daysSinceMonday * dayMs;
    return { startMs, endMs: startMs + 7 * dayMs };
  }
  if (atMs < lastMonth.startMs || atMs >= lastMonth.endMs) lastMonth = monthAt(midnight);
  return lastMonth;
}

/** The month asked for last: calls ask for the same one millions of times, and calendars are slow. */
let lastMonth: WindowBounds = { startMs: 0, endMs: 0 };

function monthAt(atMs: number): WindowBounds {
  const date = new Date(atMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { startMs: Date.UTC(year, month, 1), endMs: Date.UTC(year, month + 1, 1) };
}
