/** A weighted average of scores whose parts fade, so that it tells how things are, not how they once were. */
import { DecayingSum } from "../decaying-sum.ts";

const halfLifeMs = 86_400_000;

export class ScoredAverage {
  readonly #good = new DecayingSum(halfLifeMs);
  readonly #weight = new DecayingSum(halfLifeMs);

  /** `score` from 0 to 1. */
  add(score: number, weight: number, nowMs: number): void {
    this.#good.add(score * weight, nowMs);
    this.#weight.add(weight, nowMs);
  }

  /** The weight behind the average: small means little is known. */
  weight(nowMs: number): number {
    return this.#weight.at(nowMs);
  }

  /** From 0 to 1, drawn to `prior` by two signals' weight: one word of one person decides nothing yet. */
  score(prior: number, nowMs: number): number {
    return (this.#good.at(nowMs) + prior * 2) / (this.#weight.at(nowMs) + 2);
  }
}
