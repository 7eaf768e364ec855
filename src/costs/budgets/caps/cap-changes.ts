/** Caps that were set at run time stand in for the configuration's of the same scope, member and period. Pure. */
import type { MemberScope } from "../../../core/member-scope.ts";
import type { NanoUsd } from "../../../core/money.ts";
import { uncapped } from "./caps.ts";
import type { BudgetCap } from "../../../core/money-settings.ts";
import type { BudgetPeriod } from "./windows.ts";

export interface CapChange {
  readonly scope: MemberScope;
  /** null: each member by itself, or all together. */
  readonly id: string | null;
  readonly period: BudgetPeriod;
  /** null: no cap, said on purpose; of one member, also where there is a cap for each. */
  readonly limitNanoUsd: NanoUsd | null;
}

/** The caps in force. */
export function withCapChanges(caps: readonly BudgetCap[], changes: readonly CapChange[]): readonly BudgetCap[] {
  if (changes.length === 0) return caps;
  const kept = (cap: BudgetCap, period: BudgetPeriod, amount: NanoUsd | null): NanoUsd | null =>
    changes.some((change) => change.scope === cap.scope && change.id === cap.id && change.period === period)
      ? null
      : amount;
  const rest = caps.map((cap) => ({
    ...cap,
    dailyNanoUsd: kept(cap, "daily", cap.dailyNanoUsd),
    weeklyNanoUsd: kept(cap, "weekly", cap.weeklyNanoUsd),
    monthlyNanoUsd: kept(cap, "monthly", cap.monthlyNanoUsd),
  }));
  return [...changes.map(toCap), ...rest];
}

function toCap({ scope, id, period, limitNanoUsd }: CapChange): BudgetCap {
  const amount = limitNanoUsd ?? uncapped;
  return {
    scope,
    id,
    dailyNanoUsd: period === "daily" ? amount : null,
    weeklyNanoUsd: period === "weekly" ? amount : null,
    monthlyNanoUsd: period === "monthly" ? amount : null,
  };
}
