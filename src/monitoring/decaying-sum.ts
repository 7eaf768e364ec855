/** A sum whose parts fade: after each half-life they count half. Time is an argument, monotonic milliseconds. */

export class DecayingSum {
  readonly #halfLifeMs: number;
  #value = 0;
  #atMs = 0;

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs;
  }

  add(amount: number, nowMs: number): void {
    this.#value = this.at(nowMs) + amount;
    this.#atMs = nowMs;
  }

  at(nowMs: number): number {
    return this.#value * 2 ** (-Math.max(0, nowMs - this.#atMs) / this.#halfLifeMs);
  }
}
