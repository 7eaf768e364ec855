/**
 * A histogram of fixed size for quantiles of durations: buckets grow by a constant factor, so that every quantile is
 * off by at most `relativeError` of its value, however many values came. Histograms of several workers can be merged.
 *
 * The scheme is that of DDSketch (https://www.vldb.org/pvldb/vol12/p2195-masson.pdf) over a fixed range.
 */

/** Half the width of a bucket, relative to its middle. */
export const relativeError = 0.01;

const gamma = (1 + relativeError) / (1 - relativeError);
const scale = 1 / Math.log(gamma);
/** Values in milliseconds: from a microsecond to three hours. What lies outside counts in the outermost bucket. */
const smallest = 0.001;
const largest = 10_800_000;
const offset = Math.ceil(Math.log(smallest) * scale);
const bucketCount = Math.ceil(Math.log(largest) * scale) - offset + 1;

export class LogHistogram {
  readonly #counts = new Float64Array(bucketCount);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  /** Counts a value of zero or more; NaN and negative ones are no durations and are left out. */
  add(value: number): void {
    if (!(value >= 0)) return;
    const index = bucketOf(value);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** Adds another histogram's values to this one's. */
  merge(other: LogHistogram): void {
    for (let index = 0; index < bucketCount; index++) {
      this.#counts[index] = (this.#counts[index] ?? 0) + (other.#counts[index] ?? 0);
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /** The value below which the share `q` (0..1) of all values lies; 0 where there are none. */
  quantile(q: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    let index = 0;
    while (index < bucketCount - 1) {
      seen += this.#counts[index] ?? 0;
      if (seen >= rank) break;
      index++;
    }
    return Math.min(this.#max, Math.max(this.#min, middleOf(index)));
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** 0 where there are no values, as all figures of an empty histogram. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#count === 0 ? 0 : this.#max;
  }
}

function bucketOf(value: number): number {
  if (value <= smallest) return 0;
  if (value >= largest) return bucketCount - 1;
  return Math.ceil(Math.log(value) * scale) - offset;
}

/** The value that is equally far, in relative terms, from both ends of a bucket. */
function middleOf(index: number): number {
  return (2 * gamma ** (index + offset)) / (gamma + 1);
}
