/** The hit ratio of the last ten minutes, from totals read now and then. */

const windowMs = 600_000;
/** Totals are kept at most this often: two scrapers must not shorten each other's window. */
const sampleEveryMs = 15_000;

interface Sample {
  readonly atMs: number;
  readonly hits: number;
  readonly misses: number;
}

/** Begins at totals of nothing: before ten minutes have passed the ratio is that since the start. */
export class HitRatioWindow {
  #samples: Sample[] = [{ atMs: Number.NEGATIVE_INFINITY, hits: 0, misses: 0 }];

  /**
   * Hits over lookups since the oldest sample of the window; NaN if there were no lookups. Totals that fall begin a new window:
   * those of several workers do, where one of them ended.
   */
  ratio(hits: number, misses: number, monotonicMs: number): number {
    const sample: Sample = { atMs: monotonicMs, hits, misses };
    // The newest sample older than the window is its start; those before it have no use.
    const start = this.#samples.findLastIndex((sample) => sample.atMs <= monotonicMs - windowMs);
    if (start > 0) this.#samples = this.#samples.slice(start);
    const last = this.#samples.at(-1)!;
    if (hits < last.hits || misses < last.misses) this.#samples = [sample];
    else if (monotonicMs - last.atMs >= sampleEveryMs) this.#samples.push(sample);
    const first = this.#samples[0]!;
    // Nothing over nothing is NaN.
    return (hits - first.hits) / (hits - first.hits + misses - first.misses);
  }
}
