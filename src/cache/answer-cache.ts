/**
 * The answer cache of a process: both levels, the flights that can be joined, and what it all saved. It outlives reloads
 * of the configuration.
 */
import type { NanoUsd } from "../core/money.ts";
import type { ClearFilter, StoreStats } from "./answer-store.ts";
import { HeldBytes } from "./held-bytes.ts";
import { Flights } from "./single-flight.ts";
import type { TwoLevelStore } from "./two-level.ts";

export interface AnswerCacheStats {
  /** Of all look-ups, those that a level could answer; null before the first. */
  readonly hitRatio: number | null;
  readonly l1: StoreStats;
  readonly l2: StoreStats | null;
  readonly flights: {
    /** Under way at the moment. */
    readonly open: number;
    /** Calls that were served by another call's flight, since the start. */
    readonly joinedCalls: number;
    /** Bytes that answers on their way hold. */
    readonly heldBytes: number;
  };
  /** What the answers from the cache and of joined flights would have cost, since the start. */
  readonly savedNanoUsd: NanoUsd;
}

/** `Head`, `Served`, `Failure`: as a flight has them. */
export class AnswerCache<Head, Served, Failure> {
  readonly store: TwoLevelStore;
  readonly flights: Flights<Head, Served, Failure> = new Flights();
  readonly held: HeldBytes;
  #epoch = 0;
  #joinedCalls = 0;
  #savedNanoUsd: NanoUsd = 0;

  /** `maxHeldBytes`: of answers on their way, all together. */
  constructor(store: TwoLevelStore, maxHeldBytes: number) {
    this.store = store;
    this.held = new HeldBytes(maxHeldBytes);
  }

  /** Changes with each clearing: an answer that was under way then is not kept. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Rejects with Error where Redis cannot be asked; memory is cleared all the same. */
  clear(filter: ClearFilter): Promise<number> {
    this.#epoch++;
    return this.store.clear(filter);
  }

  /** Another instance has cleared Redis: memory follows. */
  clearMemory(filter: ClearFilter): Promise<number> {
    this.#epoch++;
    return this.store.clearMemory(filter);
  }

  countServed(how: "hit" | "joined", savedNanoUsd: NanoUsd): void {
    if (how === "joined") this.#joinedCalls++;
    this.#savedNanoUsd += savedNanoUsd;
  }

  stats(): AnswerCacheStats {
    const { l1, l2 } = this.store.stats();
    const lookups = l1.hits + l1.misses;
    return {
      hitRatio: lookups === 0 ? null : (l1.hits + (l2?.hits ?? 0)) / lookups,
      l1,
      l2,
      flights: { open: this.flights.size, joinedCalls: this.#joinedCalls, heldBytes: this.held.bytes },
      savedNanoUsd: this.#savedNanoUsd,
    };
  }
}
