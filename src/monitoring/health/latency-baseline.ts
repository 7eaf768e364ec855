/** A provider's latency against its own habit, each model against its own, so that a change of mix is no change of speed. */
import { DecayingSum } from "../decaying-sum.ts";

const recentHalfLifeMs = 120_000;
const habitHalfLifeMs = 6 * 3_600_000;
/** A habit is known after this many attempts. */
const habitAttempts = 20;
const maxModels = 64;

interface Habit {
  readonly weight: DecayingSum;
  readonly logSum: DecayingSum;
}

export class LatencyBaseline {
  readonly #habits = new Map<string, Habit>();
  readonly #recentWeight = new DecayingSum(recentHalfLifeMs);
  readonly #recentLogRatio = new DecayingSum(recentHalfLifeMs);

  /** Takes the latency of one attempt (to its first byte where that is known). */
  observe(model: string, latencyMs: number, nowMs: number): void {
    const logMs = Math.log(Math.max(1, latencyMs));
    const habit = this.#habitOf(model);
    if (habit === null) return;
    const weight = habit.weight.at(nowMs);
    if (weight >= habitAttempts) {
      this.#recentWeight.add(1, nowMs);
      this.#recentLogRatio.add(logMs - habit.logSum.at(nowMs) / weight, nowMs);
    }
    habit.weight.add(1, nowMs);
    habit.logSum.add(logMs, nowMs);
  }

  /** Recent latency over the usual one (geometric means), and how many attempts stand behind it. */
  ratio(nowMs: number): { readonly ratio: number; readonly weight: number } {
    const weight = this.#recentWeight.at(nowMs);
    if (weight < 0.01) return { ratio: 1, weight: 0 };
    return { ratio: Math.exp(this.#recentLogRatio.at(nowMs) / weight), weight };
  }

  #habitOf(model: string): Habit | null {
    const known = this.#habits.get(model);
    if (known !== undefined) return known;
    if (this.#habits.size >= maxModels) return null;
    const habit = { weight: new DecayingSum(habitHalfLifeMs), logSum: new DecayingSum(habitHalfLifeMs) };
    this.#habits.set(model, habit);
    return habit;
  }
}
