/**
 * A sketch of recent amounts: a histogram with buckets that grow by 10 %, in 448 bytes, whatever is put in.
 *
 * Old amounts fade: each time 512 weigh in, all weights are halved.
 */

const growth = 1.1;
const smallest = 1_000;
const bucketCount = 224; // up to about 1.9e12: 1,900 dollars in nano-dollars
const fadeAt = 512;
const logGrowth = Math.log(growth);

export class QuantileSketch {
  readonly #weights = new Uint16Array(bucketCount);
  #total = 0;

  /** Amounts that weigh in now; halves when old ones fade. */
  get count(): number {
    return this.#total;
  }

  add(amount: number): void {
    const index = bucketOf(amount);
    this.#weights[index] = (this.#weights[index] ?? 0) + 1;
    this.#total += 1;
    if (this.#total >= fadeAt) this.#fade();
  }

  /** An amount that the share `quantile` of the recent ones does not pass; at most 10 % too high. 0 when empty. */
  quantile(quantile: number): number {
    if (this.#total === 0) return 0;
    const rank = Math.max(1, Math.ceil(this.#total * quantile));
    let seen = 0;
    for (const [index, weight] of this.#weights.entries()) {
      seen += weight;
      if (seen >= rank) return upperEdge(index);
    }
    return upperEdge(bucketCount - 1);
  }

  #fade(): void {
    this.#total = 0;
    for (const [index, weight] of this.#weights.entries()) {
      const left = weight >> 1;
      this.#weights[index] = left;
      this.#total += left;
    }
  }
}

function bucketOf(amount: number): number {
  if (!(amount > smallest)) return 0;
  return Math.min(bucketCount - 1, Math.ceil(Math.log(amount / smallest) / logGrowth));
}

function upperEdge(index: number): number {
  return Math.ceil(smallest * growth ** index);
}
