/**
 * Answers in Redis (L2): for several instances, and across restarts.
 *
 * One command for a look-up, one for an answer that is kept; Redis itself forgets what has expired. A call waits for it as
 * long as its patience allows, and takes what goes wrong for a miss. An answer that cannot be written is not written: it
 * costs a provider call, nothing is lost.
 */
import type { Clock } from "../core/time/clock.ts";
import { withinTime } from "../core/time/within-time.ts";
import { decodeAnswer, decodeHead, encodeAnswer } from "./answer-codec.ts";
import type { AnswerStore, ClearFilter, KeptAnswer, StoreStats } from "./answer-store.ts";
import { isMatch } from "./answer-store.ts";

interface Commands {
  call(command: string, values: readonly (string | number | Buffer)[]): Promise<unknown>;
  /** The same, with texts as Buffers. */
  callBuffer(command: string, values: readonly (string | number | Buffer)[]): Promise<unknown>;
}

/** The part of a connection that is used here. */
export interface RedisAnswerClient extends Commands {
  /** For what no call waits for. */
  readonly unhurried: UnhurriedClient;
}

export interface UnhurriedClient extends Commands {
  /** Visits the keys that match a pattern of Redis, some at a time, on each node of a cluster. */
  eachKey(pattern: string, visit: (keys: readonly string[]) => Promise<void>): Promise<void>;
}

export interface RedisAnswerStoreSettings {
  readonly client: RedisAnswerClient;
  /** Before every key, as `ccr:`. */
  readonly keyPrefix: string;
  readonly compressAboveBytes: number;
  readonly clock: Clock;
}

/** What a look-up may take where nobody says that a call waits for it. */
const lookupPatienceMs = 1_000;
/** Answers on their way to Redis: beyond this, those that come are not written. */
const mostWaitingBytes = 16 * 1024 * 1024;
/** Read of each answer to see whether it is to be dropped; its head is smaller. */
const headBytes = 65_536;

export class RedisAnswerStore implements AnswerStore {
  readonly #settings: RedisAnswerStoreSettings;
  readonly #prefix: string;
  #waitingBytes = 0;
  #hits = 0;
  #misses = 0;
  #errors = 0;
  #lookups = 0;
  #lookupMs = 0;

  constructor(settings: RedisAnswerStoreSettings) {
    this.#settings = settings;
    this.#prefix = `${settings.keyPrefix}answer:`;
  }

  /** An answer kept before `freshSinceMs` is none to this caller. */
  async find(
    key: string,
    nowMs: number,
    patienceMs: number = lookupPatienceMs,
    freshSinceMs: number = -Infinity,
  ): Promise<KeptAnswer | null> {
    const { client, clock } = this.#settings;
    const startedAt = clock.monotonicMs();
    let answer: KeptAnswer | null = null;
    try {
      const bytes = await withinTime(client.callBuffer("GET", [this.#prefix + key]), patienceMs);
      if (Buffer.isBuffer(bytes)) answer = await decodeAnswer(bytes);
      if (bytes !== null && answer === null) this.#errors++;
    } catch {
      this.#errors++;
    }
    this.#lookups++;
    this.#lookupMs += clock.monotonicMs() - startedAt;
    // Another instance's clock may have been ahead.
    if (answer !== null && (answer.expiresAtMs <= nowMs || answer.keptAtMs < freshSinceMs)) answer = null;
    if (answer === null) this.#misses++;
    else this.#hits++;
    return answer;
  }

  /** An answer that was found is of no use to its caller. */
  countAsMiss(): void {
    this.#hits--;
    this.#misses++;
  }

  async keep(key: string, answer: KeptAnswer, nowMs: number): Promise<void> {
    const ttlMs = Math.floor(answer.expiresAtMs - nowMs);
    if (ttlMs <= 0) return;
    const size = answer.body.byteLength;
    if (this.#waitingBytes + size > mostWaitingBytes) {
      this.#errors++;
      return;
    }
    this.#waitingBytes += size;
    try {
      const bytes = await encodeAnswer(answer, this.#settings.compressAboveBytes);
      await this.#settings.client.call("SET", [this.#prefix + key, bytes, "PX", ttlMs]);
    } catch {
      this.#errors++;
    } finally {
      this.#waitingBytes -= size;
    }
  }

  async clear(filter: ClearFilter): Promise<number> {
    const { unhurried } = this.#settings.client;
    let dropped = 0;
    await unhurried.eachKey(`${escapePattern(this.#prefix)}*`, async (keys) => {
      const counts = await Promise.all(keys.map((key) => this.#dropIfMatch(key, filter)));
      dropped += counts.reduce((sum, count) => sum + count, 0);
    });
    return dropped;
  }

  stats(): StoreStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      evictions: 0,
      errors: this.#errors,
      entries: null,
      bytes: null,
      averageLookupMs: this.#lookups === 0 ? null : this.#lookupMs / this.#lookups,
    };
  }

  /** Each key by itself: those of a cluster live on different nodes. */
  async #dropIfMatch(key: string, filter: ClearFilter): Promise<number> {
    const { unhurried } = this.#settings.client;
    if (filter.model !== undefined || filter.user !== undefined) {
      const bytes = await unhurried.callBuffer("GETRANGE", [key, 0, headBytes - 1]);
      const head = Buffer.isBuffer(bytes) ? decodeHead(bytes) : null;
      // What no router can read is of no use to anybody.
      if (head !== null && !isMatch(filter, head.fields)) return 0;
    }
    return Number(await unhurried.call("UNLINK", [key]));
  }
}

/** A prefix as it stands in a pattern. */
function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}
