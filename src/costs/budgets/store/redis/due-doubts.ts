/** When a doubt has to be counted, of those that this process knows of. */
import type { Clock } from "../../../../core/time/clock.ts";
import type { BucketComparison, LedgerProgress } from "./bucket-comparison.ts";

/** Failures count as one doubt within this time, and as one more at its end if any came after the first. */
const failurePauseMs = 60_000;

export class DueDoubts {
  readonly #clock: Clock;
  readonly #ledger: LedgerProgress;
  readonly #comparison: Pick<BucketComparison, "doubt">;
  /** An earlier process may have left rows behind, which the ledger gets only now. */
  #isDue = true;
  #hasFailed = false;
  #failuresCountFromMs = 0;

  constructor(clock: Clock, ledger: LedgerProgress, comparison: Pick<BucketComparison, "doubt">) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#comparison = comparison;
  }

  noteFailure(): void {
    this.#hasFailed = true;
  }

  noteChange(): void {
    this.#isDue = true;
  }

  /** Counts one if it is due and the ledger has all that it is about. Rejects where Redis is away: it stays due. */
  async count(): Promise<void> {
    if (this.#ledger.isBehind() || this.#doFailuresCount()) this.#isDue = true;
    if (!this.#isDue || !(await this.#ledger.catchUp())) return;
    // Before it is sent: what becomes due meanwhile may be behind it.
    this.#isDue = false;
    try {
      await this.#comparison.doubt();
    } catch (error) {
      this.#isDue = true;
      throw error;
    }
  }

  #doFailuresCount(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#hasFailed || nowMs < this.#failuresCountFromMs) return false;
    this.#hasFailed = false;
    this.#failuresCountFromMs = nowMs + failurePauseMs;
    return true;
  }
}
