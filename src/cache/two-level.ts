/**
 * Both levels as one: memory first, then Redis. What is found in Redis is in memory from then on, for no longer than
 * memory's own time to live; what is new goes to both.
 */
import { createAgeClock } from "../core/time/clock.ts";
import type { Clock } from "../core/time/clock.ts";
import type { ClearFilter, KeptAnswer, StoreStats } from "./answer-store.ts";
import type { MemoryAnswerStore } from "./memory.ts";
import type { RedisAnswerStore } from "./redis.ts";

export interface FoundAnswer {
  readonly answer: KeptAnswer;
  readonly level: "l1" | "l2";
}

export interface TwoLevelSettings {
  /** How long an answer is good in memory, and in Redis. */
  readonly l1TtlMs: number;
  readonly l2TtlMs: number;
}

export class TwoLevelStore {
  readonly l1: MemoryAnswerStore;
  /** null: not configured. */
  readonly l2: RedisAnswerStore | null;
  readonly #clock: Clock;
  /** By which answers in memory age: a wall clock that is set back must not lengthen their life. */
  readonly #ageMs: () => number;
  #settings: TwoLevelSettings;
  /** An answer that Redis was asked for before one of them does not come into memory any more. */
  #clearings = 0;
  #l1Lookups = 0;
  #l1LookupMs = 0;

  constructor(l1: MemoryAnswerStore, l2: RedisAnswerStore | null, settings: TwoLevelSettings, clock: Clock) {
    this.l1 = l1;
    this.l2 = l2;
    this.#settings = settings;
    this.#clock = clock;
    this.#ageMs = createAgeClock(clock);
  }

  configure(settings: TwoLevelSettings): void {
    this.#settings = settings;
  }

  /**
   * At once where memory has it or nothing else could; else a promise, which never rejects and waits no longer than
   * `patienceMs`. An answer kept before `freshSinceMs` is none: Redis may have a newer one, of another instance.
   */
  find(
    key: string,
    nowMs: number,
    freshSinceMs: number,
    patienceMs?: number,
  ): FoundAnswer | null | Promise<FoundAnswer | null> {
    const startedAt = this.#clock.monotonicMs();
    const answer = this.l1.peek(key, this.#ageMs(), freshSinceMs);
    this.#l1Lookups++;
    this.#l1LookupMs += this.#clock.monotonicMs() - startedAt;
    if (answer !== null) return { answer, level: "l1" };
    return this.l2 === null ? null : this.#findInL2(this.l2, key, nowMs, freshSinceMs, patienceMs);
  }

  /** What was found cannot be told as its caller wants it: for that one it was not there. */
  countAsMiss({ level }: FoundAnswer): void {
    if (level === "l1") this.l1.countAsMiss();
    else this.l2?.countAsMiss();
  }

  /** Whether the answer has come into memory since `find` began to ask Redis. No look-up: it counts nowhere. */
  hasLanded(key: string, freshSinceMs: number): boolean {
    return this.l1.has(key, this.#ageMs(), freshSinceMs);
  }

  /** `ttlMs`: how long the answer is good wherever it is; left out, each level has its own time. */
  keep(key: string, answer: Omit<KeptAnswer, "expiresAtMs">, nowMs: number, ttlMs?: number): void {
    const { l1TtlMs, l2TtlMs } = this.#settings;
    this.#putInL1(key, answer, ttlMs ?? l1TtlMs);
    void this.l2?.keep(key, { ...answer, expiresAtMs: nowMs + (ttlMs ?? l2TtlMs) }, nowMs);
  }

  /**
   * Counts those that Redis had where there is one: memory holds a part of the same. Redis takes its time, and what it still
   * gives meanwhile is dropped from memory once more.
   */
  async clear(filter: ClearFilter): Promise<number> {
    const inMemory = await this.clearMemory(filter);
    if (this.l2 === null) return inMemory;
    try {
      return Math.max(inMemory, await this.l2.clear(filter));
    } finally {
      await this.clearMemory(filter);
    }
  }

  clearMemory(filter: ClearFilter): Promise<number> {
    this.#clearings++;
    return this.l1.clear(filter);
  }

  stats(): { readonly l1: StoreStats; readonly l2: StoreStats | null } {
    const averageLookupMs = this.#l1Lookups === 0 ? null : this.#l1LookupMs / this.#l1Lookups;
    return { l1: { ...this.l1.stats(), averageLookupMs }, l2: this.l2?.stats() ?? null };
  }

  async #findInL2(
    l2: RedisAnswerStore,
    key: string,
    nowMs: number,
    freshSinceMs: number,
    patienceMs: number | undefined,
  ): Promise<FoundAnswer | null> {
    const clearings = this.#clearings;
    const answer = await l2.find(key, nowMs, patienceMs, freshSinceMs);
    if (answer === null) return null;
    if (clearings === this.#clearings) {
      this.#putInL1(key, answer, Math.min(answer.expiresAtMs - nowMs, this.#settings.l1TtlMs));
    }
    return { answer, level: "l2" };
  }

  #putInL1(key: string, answer: Omit<KeptAnswer, "expiresAtMs">, ttlMs: number): void {
    const ageMs = this.#ageMs();
    this.l1.put(key, { ...answer, expiresAtMs: ageMs + ttlMs }, ageMs);
  }
}
