/**
 * Bursts of equal messages folded into one with a count: the first few are written, the rest of the window only
 * counted. Pure but for its own small memory; time is an argument.
 */

const windowMs = 10_000;
const writtenPerWindow = 5;
/** Distinct messages watched at a time; beyond it everything is written. */
const maxKeys = 512;

interface Burst {
  readonly startMs: number;
  count: number;
}

/** A burst that ended, with how many messages were not written. */
export interface FoldedBurst {
  readonly key: string;
  readonly folded: number;
}

/** The bursts of one logger, by a key that the caller makes: level, component, sentence. */
export class BurstFolder {
  readonly #bursts = new Map<string, Burst>();

  /** Whether a message is to be written, or only counted. */
  admit(key: string, nowMs: number): boolean {
    const burst = this.#bursts.get(key);
    // A window that is over but has folded messages goes on until `drain` has told them.
    if (burst === undefined || (nowMs - burst.startMs >= windowMs && burst.count <= writtenPerWindow)) {
      if (this.#bursts.size >= maxKeys) this.#forgetQuiet(nowMs);
      if (this.#bursts.size < maxKeys) this.#bursts.set(key, { startMs: nowMs, count: 1 });
      return true;
    }
    burst.count++;
    return burst.count <= writtenPerWindow;
  }

  /** Ends the windows that are over; answers those in which something was folded. */
  drain(nowMs: number): readonly FoldedBurst[] {
    const ended: FoldedBurst[] = [];
    for (const [key, { startMs, count }] of this.#bursts) {
      if (nowMs - startMs < windowMs) continue;
      this.#bursts.delete(key);
      if (count > writtenPerWindow) ended.push({ key, folded: count - writtenPerWindow });
    }
    return ended;
  }

  /** Whether any window is open, so that `drain` has to be called some time. */
  get isOpen(): boolean {
    return this.#bursts.size > 0;
  }

  #forgetQuiet(nowMs: number): void {
    for (const [key, { startMs, count }] of this.#bursts) {
      if (count <= writtenPerWindow && nowMs - startMs >= windowMs) this.#bursts.delete(key);
    }
  }
}
