/**
 * Answers in this process's memory (L1): bounded in bytes, the least recently used ones go first.
 *
 * The order of use is a list through the entries, not the order of the map: a map in which entries come and go with each
 * hit is copied all the time. No timer: what has expired goes when it is asked for, or when it has become the least
 * recently used, which it does because nobody gets it any more.
 */
import type { AnswerStore, ClearFilter, KeptAnswer, StoreStats } from "./answer-store.ts";
import { isMatch } from "./answer-store.ts";

interface Entry {
  readonly key: string;
  readonly answer: KeptAnswer;
  readonly bytes: number;
  newer: Entry | null;
  older: Entry | null;
}

/**
 * What an entry takes besides its body and its pace: objects, key, place in the map, the buffer's own head. Measured with
 * a million small answers (bench/cache.ts), rounded up.
 */
export const entryOverheadBytes = 1_536;
const paceMarkBytes = 48;

/** How many of the least recently used entries are looked at for each one that comes. */
const sweptAtOnce = 2;

export class MemoryAnswerStore implements AnswerStore {
  readonly #entries = new Map<string, Entry>();
  #maxBytes: number;
  #newest: Entry | null = null;
  #oldest: Entry | null = null;
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  /** Throws RangeError for a bound that is none. */
  constructor(maxBytes: number) {
    this.#maxBytes = checked(maxBytes);
  }

  /** Sets another bound; what is beyond it goes. */
  configure(maxBytes: number): void {
    this.#maxBytes = checked(maxBytes);
    this.#evict();
  }

  find(key: string, nowMs: number): Promise<KeptAnswer | null> {
    return Promise.resolve(this.peek(key, nowMs));
  }

  /** The same at once. An answer kept before `freshSinceMs` is none to this caller, and stays for others. */
  peek(key: string, nowMs: number, freshSinceMs: number = -Infinity): KeptAnswer | null {
    const entry = this.#entries.get(key);
    const isExpired = entry !== undefined && entry.answer.expiresAtMs <= nowMs;
    if (isExpired) this.#remove(entry);
    if (entry === undefined || isExpired || entry.answer.keptAtMs < freshSinceMs) {
      this.#misses++;
      return null;
    }
    this.#hits++;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#link(entry);
    }
    return entry.answer;
  }

  /** Whether there is an answer that is kept since `freshSinceMs`. It counts as no look-up and as no use. */
  has(key: string, nowMs: number, freshSinceMs: number): boolean {
    const answer = this.#entries.get(key)?.answer;
    return answer !== undefined && answer.expiresAtMs > nowMs && answer.keptAtMs >= freshSinceMs;
  }

  /** An answer that was found is of no use to its caller. */
  countAsMiss(): void {
    this.#hits--;
    this.#misses++;
  }

  keep(key: string, answer: KeptAnswer, nowMs: number): Promise<void> {
    this.put(key, answer, nowMs);
    return Promise.resolve();
  }

  /** The same at once. An answer larger than the bound is not kept. */
  put(key: string, answer: KeptAnswer, nowMs: number): void {
    const known = this.#entries.get(key);
    if (known !== undefined) this.#remove(known);
    const bytes = sizeOf(answer);
    if (bytes > this.#maxBytes || answer.expiresAtMs <= nowMs) return;
    this.#sweep(nowMs);
    const entry: Entry = { key, answer, bytes, newer: null, older: null };
    this.#entries.set(key, entry);
    this.#bytes += bytes;
    this.#link(entry);
    this.#evict();
  }

  clear(filter: ClearFilter): Promise<number> {
    const before = this.#entries.size;
    for (const entry of this.#entries.values()) if (isMatch(filter, entry.answer)) this.#remove(entry);
    return Promise.resolve(before - this.#entries.size);
  }

  stats(): StoreStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      errors: 0,
      entries: this.#entries.size,
      bytes: this.#bytes,
      averageLookupMs: null,
    };
  }

  #sweep(nowMs: number): void {
    for (let count = 0; count < sweptAtOnce; count++) {
      const oldest = this.#oldest;
      if (oldest === null || oldest.answer.expiresAtMs > nowMs) return;
      this.#remove(oldest);
    }
  }

  #evict(): void {
    while (this.#bytes > this.#maxBytes && this.#oldest !== null) {
      this.#remove(this.#oldest);
      this.#evictions++;
    }
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#bytes -= entry.bytes;
    this.#unlink(entry);
  }

  #link(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = null;
    if (this.#newest !== null) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
  }

  #unlink(entry: Entry): void {
    if (entry.newer === null) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older === null) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    entry.newer = null;
    entry.older = null;
  }
}

function sizeOf({ body, pace }: KeptAnswer): number {
  return body.byteLength + pace.length * paceMarkBytes + entryOverheadBytes;
}

function checked(maxBytes: number): number {
  if (Number.isSafeInteger(maxBytes) && maxBytes > 0) return maxBytes;
  throw new RangeError(`the bound of a cache must be a number of bytes above 0, not ${maxBytes}`);
}
