/** Recommends a lower cap where one was never used by half: money set aside that others could spend. */
import { formatUsd, usdFromNanoUsd } from "../../core/money.ts";
import type { BudgetUse } from "./budget-use.ts";
import { isEnoughData } from "./recommendation.ts";
import type { Recommendation, RecommendationInputs } from "./recommendation.ts";

const leastWindows = { daily: 14, weekly: 4, monthly: 2 } as const;
const windowsPerMonth = { daily: 30, weekly: 30 / 7, monthly: 1 } as const;
/** Half again as much as the dearest window ever. */
const margin = 1.5;

export function recommendUnusedHeadroom(inputs: RecommendationInputs): Recommendation | null {
  if (!isEnoughData(inputs)) return null;
  const unused = inputs.budgetUses
    .filter((use) => use.calls > 0 && use.spentNanoUsd.length >= leastWindows[use.period])
    .map((use) => ({ use, most: Math.max(...use.spentNanoUsd), freed: freedPerMonth(use) }))
    // Calls that cost nothing say nothing of what a cap must hold, and one of nothing refuses them.
    .filter(({ use, most }) => most > 0 && most < use.limitNanoUsd / 2)
    .sort((a, b) => b.freed - a.freed);
  const [largest] = unused;
  if (largest === undefined) return null;
  const { use, most, freed } = largest;
  const others = unused.length > 1 ? ` ${unused.length - 1} more caps are used as little.` : "";
  return {
    kind: "unused-headroom",
    title: `Lower ${use.name} to ${formatUsd(Math.round(most * margin))}`,
    description:
      `In ${use.spentNanoUsd.length} windows at most ${formatUsd(most)} of ${formatUsd(use.limitNanoUsd)} were spent. ` +
      `Lowering it costs nobody a call and frees ${usdFromNanoUsd(freed).toFixed(2)} USD a month for others.${others}`,
    basedOnCalls: use.calls,
    savedNanoUsd: 0,
    savingPerMonthUsd: 0,
    howComputed:
      "Saves nothing by itself: the same calls cost the same. Freed is the cap less half again as much as the dearest " +
      "past window, over a month's windows.",
  };
}

/** What the month's windows hold back beyond the proposed cap. */
function freedPerMonth({ limitNanoUsd, spentNanoUsd, period }: BudgetUse): number {
  const proposed = Math.round(Math.max(...spentNanoUsd) * margin);
  return Math.round((limitNanoUsd - proposed) * windowsPerMonth[period]);
}
