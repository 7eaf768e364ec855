/**
 * Time limits of many exchanges by one timer: each round looks at all of them. A timer for each exchange would cost more
 * than the look.
 *
 * Nothing reads a clock on the way of a piece: who was heard since the last round counts as heard at this one. So a limit
 * is never passed early, and late by two rounds at most: a quarter of the limit, and never more than 50 ms.
 */
import { afterReading } from "../../core/time/after-reading.ts";
import { Bag } from "../../core/collections/bag.ts";
import type { BagItem } from "../../core/collections/bag.ts";

/** Somebody with a time limit. */
export interface Swept extends BagItem {
  /** Shortest limit that it will have, in ms. */
  readonly shortestLimitMs: number;
  /** A round at `nowMs` (monotonic). It may remove anybody. */
  checkLimit(nowMs: number): void;
}

const slowestRoundMs = 25;
const roundsInLimit = 8;

/** The exchanges of one client whose limits are watched. */
export class LimitSweep {
  readonly #watched = new Bag<Swept>();
  #timer: NodeJS.Timeout | null = null;
  #roundMs = 0;

  add(item: Swept): void {
    this.#watched.add(item);
    const roundMs = toRoundMs(item.shortestLimitMs);
    if (this.#timer !== null && this.#roundMs <= roundMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#schedule(roundMs);
  }

  /** Safe for one that is not in it. */
  remove(item: Swept): void {
    this.#watched.delete(item);
  }

  #round(): void {
    const nowMs = performance.now();
    this.#watched.forEach((item) => item.checkLimit(nowMs));
    let shortestMs = Infinity;
    this.#watched.forEach(({ shortestLimitMs }) => {
      shortestMs = Math.min(shortestMs, shortestLimitMs);
    });
    this.#timer = null;
    if (this.#watched.size > 0) this.#schedule(toRoundMs(shortestMs));
  }

  #schedule(roundMs: number): void {
    this.#roundMs = roundMs;
    const onTimer = (): void => {
      this.#roundMs = 0; // no round is sooner than the one that is due
      // What came while this process stood still is no silence of the provider's.
      afterReading(() => this.#round());
    };
    // The sockets keep the process alive, not the watch over them.
    this.#timer = setTimeout(onTimer, roundMs).unref();
  }
}

function toRoundMs(limitMs: number): number {
  return Math.max(1, Math.min(slowestRoundMs, Math.floor(limitMs / roundsInLimit)));
}
