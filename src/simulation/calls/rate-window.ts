/** A rate limit over a sliding window. */
export class RateWindow {
  readonly #lengthMs: number;
  #takenAtMs: number[] = [];

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** Takes one of `limit` places: 0, or the milliseconds until one is free. */
  take(nowMs: number, limit: number): number {
    this.#expire(nowMs);
    if (this.#takenAtMs.length >= limit) {
      const oldest = this.#takenAtMs[this.#takenAtMs.length - limit] ?? nowMs;
      return Math.max(1, oldest + this.#lengthMs - nowMs);
    }
    this.#takenAtMs.push(nowMs);
    return 0;
  }

  /** Places taken. */
  used(nowMs: number): number {
    this.#expire(nowMs);
    return this.#takenAtMs.length;
  }

  #expire(nowMs: number): void {
    const oldest = this.#takenAtMs[0];
    if (oldest === undefined || oldest > nowMs - this.#lengthMs) return;
    this.#takenAtMs = this.#takenAtMs.filter((takenAtMs) => takenAtMs > nowMs - this.#lengthMs);
  }
}
