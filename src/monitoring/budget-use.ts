/** How full the fullest budget of each scope and window is, as the last calls left them. Bounded: the oldest are forgotten. */
import type { NanoUsd } from "../core/money.ts";
import { BoundedMap } from "../core/collections/bounded-map.ts";

/** One member's money in one window. */
export interface BudgetWindowState {
  readonly bucket: {
    readonly scope: string;
    readonly id: string;
    readonly period: string;
    readonly limitNanoUsd: NanoUsd;
    /** Unix milliseconds. */
    readonly startMs: number;
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
  /** What will be spent at the window's end at the pace so far, over the limit: the largest; null where it is too early to say. */
  readonly forecastRatio: number | null;
}

/** Spending at the window's end, or null where it is too early to say. */
export type ProjectSpend = (state: BudgetWindowState, atMs: number) => NanoUsd | null;

/** What a budget's cap allows now; null where none holds any more. */
export type LimitNow = (bucket: BudgetWindowState["bucket"]) => NanoUsd | null;

const maxBudgets = 10_000;

export class BudgetUse {
  readonly #states = new BoundedMap<BudgetWindowState>(maxBudgets);
  readonly #project: ProjectSpend;

  constructor(project: ProjectSpend) {
    this.#project = project;
  }

  /** Takes the budgets of a call as they stood, of a refused one those that stood in its way. */
  observe(states: readonly BudgetWindowState[]): void {
    for (const state of states) {
      const { scope, period, id } = state.bucket;
      this.#states.set(`${scope}\n${period}\n${id}`, state);
    }
  }

  read(nowMs: number, limitNow: LimitNow): readonly FullestBudget[] {
    const fullest = new Map<string, FullestBudget>();
    for (const state of this.#states.values()) {
      const { scope, period } = state.bucket;
      const limitNanoUsd = limitNow(state.bucket);
      if (limitNanoUsd === null) continue;
      const use = this.#useOf(state, limitNanoUsd, nowMs);
      const key = `${scope}\n${period}`;
      const before = fullest.get(key);
      fullest.set(key, before === undefined ? use : largest(before, use));
    }
    return [...fullest.values()];
  }

  #useOf(state: BudgetWindowState, limitNanoUsd: NanoUsd, nowMs: number): FullestBudget {
    const { scope, period: window, endMs } = state.bucket;
    // A window that is over has left its budget empty.
    const isOver = endMs <= nowMs || limitNanoUsd <= 0;
    const ratio = isOver ? 0 : (state.spentNanoUsd + state.heldNanoUsd) / limitNanoUsd;
    const projected = isOver ? null : this.#project(state, nowMs);
    return { scope, window, ratio, forecastRatio: projected === null ? null : projected / limitNanoUsd };
  }
}

function largest(a: FullestBudget, b: FullestBudget): FullestBudget {
  const forecasts = [a.forecastRatio, b.forecastRatio].filter((ratio) => ratio !== null);
  const forecastRatio = forecasts.length === 0 ? null : Math.max(...forecasts);
  return { ...a, ratio: Math.max(a.ratio, b.ratio), forecastRatio };
}
