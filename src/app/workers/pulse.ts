/**
 * Whether a worker still lives: it is asked, round after round, and a question that waits for many rounds is answered no more.
 *
 * Rounds of the parent are counted, not time: where a laptop sleeps, a container is paused or Ctrl-Z stops the terminal's
 * programs, the parent makes no rounds either, and nobody hangs.
 */
export class Pulse {
  readonly #ask: () => Promise<unknown>;
  #isAsked = false;
  #silentRounds = 0;
  #excuses = 0;

  /** `ask`: a question that takes a living worker no time. */
  constructor(ask: () => Promise<unknown>) {
    this.#ask = ask;
  }

  /** Makes a round. The answer: in how many of them in a row the worker was silent. */
  beat(): number {
    if (this.#excuses > 0) this.#silentRounds = 0;
    else if (this.#isAsked) this.#silentRounds++;
    if (!this.#isAsked) void this.#question();
    return this.#silentRounds;
  }

  /** Until `work` is over the worker may be silent: it does nothing else meanwhile. */
  async excuse<Result>(work: Promise<Result>): Promise<Result> {
    this.#excuses++;
    try {
      return await work;
    } finally {
      this.#excuses--;
    }
  }

  async #question(): Promise<void> {
    this.#isAsked = true;
    try {
      await this.#ask();
      this.#isAsked = false;
      this.#silentRounds = 0;
    } catch {
      // It is gone, and has been noticed.
    }
  }
}
