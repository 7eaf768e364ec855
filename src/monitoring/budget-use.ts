/** How full the fullest budget of each scope and window is, as the last calls left them. Bounded: the oldest are forgotten. */
import type { NanoUsd } from "../core/money.ts";
import { BoundedMap } from "./quality/bounded-map.ts";

/** One member's money in one window. */
export interface BudgetWindowState {
  readonly bucket: {
    readonly scope: string;
    readonly id: string;
    readonly period: string;
    readonly limitNanoUsd: NanoUsd;
    /** Unix milliseconds. */
    readonly endMs: number;
  };
  readonly spentNanoUsd: NanoUsd;
  readonly heldNanoUsd: NanoUsd;
}

export interface FullestBudget {
  readonly scope: string;
  readonly window: string;
  /** Spent and held over the limit. */
  readonly ratio: number;
}

const maxBudgets = 10_000;

export class BudgetUse {
  readonly #states = new BoundedMap<BudgetWindowState>(maxBudgets);

  /** Takes the budgets of a call as they stood. */
  observe(states: readonly BudgetWindowState[]): void {
    for (const state of states) {
      const { scope, period, id } = state.bucket;
      this.#states.set(`${scope}\n${period}\n${id}`, state);
    }
  }

  read(nowMs: number): readonly FullestBudget[] {
    const fullest = new Map<string, FullestBudget>();
    for (const { bucket, spentNanoUsd, heldNanoUsd } of this.#states.values()) {
      const { scope, period, limitNanoUsd, endMs } = bucket;
      // A window that is over has left its budget empty.
      const ratio = endMs <= nowMs || limitNanoUsd <= 0 ? 0 : (spentNanoUsd + heldNanoUsd) / limitNanoUsd;
      const key = `${scope}\n${period}`;
      if (ratio >= (fullest.get(key)?.ratio ?? 0)) fullest.set(key, { scope, window: period, ratio });
    }
    return [...fullest.values()];
  }
}
