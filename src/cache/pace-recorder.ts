/** Records when the pieces of an answer came: exactly for short ones, ever more coarsely the longer it goes on. */
import type { PaceMark } from "./answer-store.ts";

/** Beyond this every second mark is forgotten. */
const mostMarks = 64;
/** Pieces that come closer together count as one. */
const firstStepMs = 10;

export class PaceRecorder {
  #marks: PaceMark[] = [];
  #firstAt = 0;
  #stepMs = firstStepMs;

  /** `bytes` of the answer are there at `now`. */
  mark(bytes: number, now: number): void {
    if (this.#marks.length === 0) this.#firstAt = now;
    const afterMs = Math.round(now - this.#firstAt);
    const last = this.#marks.at(-1);
    if (last !== undefined && afterMs - last.afterMs < this.#stepMs) {
      this.#marks[this.#marks.length - 1] = { afterMs: last.afterMs, bytes };
      return;
    }
    this.#marks.push({ afterMs, bytes });
    if (this.#marks.length <= mostMarks) return;
    // The newest one stays: it is at an even place, as the first is.
    this.#marks = this.#marks.filter((_, place) => place % 2 === 0);
    this.#stepMs *= 2;
  }

  /** Empty for an answer that came at once. */
  marks(): readonly PaceMark[] {
    return this.#marks.length > 1 ? this.#marks : [];
  }
}
