/** Whether budgets, their thresholds and the ledger's memory fit together. */
import { formatUsd } from "../../core/money.ts";
import type { BudgetCap } from "../../core/money-settings.ts";
import type { Config } from "../schema.ts";
import { errorAt, repetitions, warningAt } from "./finding.ts";
import type { CheckFinding } from "./finding.ts";

export function checkBudgets({ budgets, optimization, ledger }: Config): readonly CheckFinding[] {
  const { warning, critical } = optimization.costThresholds;
  return [
    ...budgets.caps.flatMap(checkCap),
    ...repetitions(budgets.caps.map(({ scope, id }) => JSON.stringify([scope, id]))).map(({ index }) =>
      errorAt(["budgets", "caps", index], "caps the same scope and id as an earlier one; put their windows into one"),
    ),
    ...checkThresholds(["budgets", "warningThreshold"], budgets.warningThreshold, budgets.criticalThreshold),
    ...checkThresholds(["optimization", "costThresholds", "warning"], warning, critical),
    ...checkRetention(ledger.retentionDays, [...budgets.caps, optimization.budgets]),
  ];
}

/** A window is restored from the ledger after a start. */
function checkRetention(days: number, caps: readonly Omit<BudgetCap, "scope" | "id">[]): readonly CheckFinding[] {
  const windows = [
    { name: "monthly", days: 31, isCapped: caps.some(({ monthlyNanoUsd }) => monthlyNanoUsd !== null) },
    { name: "weekly", days: 7, isCapped: caps.some(({ weeklyNanoUsd }) => weeklyNanoUsd !== null) },
  ];
  const longest = windows.find((window) => window.isCapped && window.days > days);
  if (longest === undefined) return [];
  const problem = `is less than the ${longest.days} days of a ${longest.name} budget: a restart forgets what was spent before`;
  return [warningAt(["ledger", "retentionDays"], problem)];
}

function checkCap(cap: BudgetCap, index: number): readonly CheckFinding[] {
  const path = ["budgets", "caps", index];
  const { dailyNanoUsd, weeklyNanoUsd, monthlyNanoUsd } = cap;
  if (cap.scope === "all" && cap.id !== null) return [errorAt([...path, "id"], "has no meaning for scope `all`")];
  const windows = [
    { name: "daily", limit: dailyNanoUsd },
    { name: "weekly", limit: weeklyNanoUsd },
    { name: "monthly", limit: monthlyNanoUsd },
  ].flatMap(({ name, limit }) => (limit === null ? [] : [{ name, limit }]));
  if (windows.length === 0) return [errorAt(path, "needs an amount: `daily`, `weekly` or `monthly`")];
  return windows.flatMap(({ name, limit }, at) => {
    if (limit === 0) return [warningAt([...path, name], "is zero: every call is refused")];
    const longer = windows.slice(at + 1).find((other) => other.limit < limit);
    if (longer === undefined) return [];
    const amounts = `${formatUsd(limit)} is above ${longer.name} (${formatUsd(longer.limit)})`;
    return [warningAt([...path, name], `${amounts}, which is reached first`)];
  });
}

function checkThresholds(path: readonly string[], warning: number, critical: number): readonly CheckFinding[] {
  return warning > critical ? [errorAt(path, "is above the critical one")] : [];
}
