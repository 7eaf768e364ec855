/** Whether caps are others than they were. A bucket that a cap brings back has not counted since the cap was gone. */
import { isDeepStrictEqual } from "node:util";
import type { BudgetCap } from "../../../core/money-settings.ts";
import type { SeatCap } from "./caps.ts";

/** Begins with the caps of the start, which count as unchanged. */
export class CapWatch {
  #caps: readonly BudgetCap[];
  #seatCaps: readonly SeatCap[];
  #changedMs = Number.NEGATIVE_INFINITY;

  constructor(caps: readonly BudgetCap[], seatCaps: readonly SeatCap[]) {
    this.#caps = caps;
    this.#seatCaps = seatCaps;
  }

  /** When they were last seen to have changed, Unix milliseconds. */
  get changedMs(): number {
    return this.#changedMs;
  }

  /** True where they are others than at the last look. Whoever made them gives the same arrays until they change. */
  hasChanged(caps: readonly BudgetCap[], seatCaps: readonly SeatCap[], nowMs: number): boolean {
    if (caps === this.#caps && seatCaps === this.#seatCaps) return false;
    const isEqual = isDeepStrictEqual([caps, seatCaps], [this.#caps, this.#seatCaps]);
    this.#caps = caps;
    this.#seatCaps = seatCaps;
    if (!isEqual) this.#changedMs = nowMs;
    return !isEqual;
  }
}
