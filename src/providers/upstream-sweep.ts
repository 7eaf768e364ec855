/**
 * Time limits of many exchanges by one timer: each round looks at all of them. A timer for each exchange would cost more
 * than the look.
 *
 * Nothing reads a clock on the way of a piece: who was heard since the last round counts as heard at this one. So a limit
 * is never passed early, and late by two rounds at most: a quarter of the limit, and never more than 50 ms.
 */

/** Somebody with a time limit. */
export interface Swept {
  /** Place in the sweep's list; the sweep's own. */
  slot: number;
  /** Shortest limit that it will have, in ms. */
  readonly shortestLimitMs: number;
  /** A round at `nowMs` (monotonic). It may remove anybody. */
  checkLimit(nowMs: number): void;
}

const slowestRoundMs = 25;
const roundsInLimit = 8;

export class LimitSweep {
  readonly #list: Swept[] = [];
  #timer: NodeJS.Timeout | null = null;
  #roundMs = 0;

  add(item: Swept): void {
    item.slot = this.#list.length;
    this.#list.push(item);
    const roundMs = toRoundMs(item.shortestLimitMs);
    if (this.#timer !== null && this.#roundMs <= roundMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#schedule(roundMs);
  }

  /** Safe for one that is not in it. */
  remove(item: Swept): void {
    const { slot } = item;
    if (slot === -1) return;
    item.slot = -1;
    const last = this.#list.pop()!;
    if (last === item) return;
    this.#list[slot] = last;
    last.slot = slot;
  }

  #round(): void {
    const nowMs = performance.now();
    // From the end: who is removed is replaced by one that was looked at already.
    for (let index = this.#list.length - 1; index >= 0; index--) this.#list[index]?.checkLimit(nowMs);
    let shortestMs = Infinity;
    for (const item of this.#list) shortestMs = Math.min(shortestMs, item.shortestLimitMs);
    this.#timer = null;
    if (this.#list.length > 0) this.#schedule(toRoundMs(shortestMs));
  }

  #schedule(roundMs: number): void {
    this.#roundMs = roundMs;
    // The sockets keep the process alive, not the watch over them.
    this.#timer = setTimeout(() => this.#round(), roundMs).unref();
  }
}

function toRoundMs(limitMs: number): number {
  return Math.max(1, Math.min(slowestRoundMs, Math.floor(limitMs / roundsInLimit)));
}
