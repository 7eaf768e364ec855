/**
 * Reads /metrics (Prometheus text format 0.0.4), and what happened between two scrapes. Pure.
 *
 * Counters that fell were reset by a restart: then their new value is what was added since.
 */

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Samples by the name of their series; `_bucket`, `_sum` and `_count` are names of their own. */
export type Scrape = ReadonlyMap<string, readonly Sample[]>;

/** Lines that are none are left out: half a scrape is better than none. */
export function parseMetrics(text: string): Scrape {
  const found = new Map<string, Sample[]>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name = "", labels = "", value = ""] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? +(\S+)/.exec(line) ?? [];
    if (name === "") continue;
    const samples = found.get(name) ?? [];
    samples.push({ labels: parseLabels(labels), value: parseValue(value) });
    found.set(name, samples);
  }
  return found;
}

function parseLabels(text: string): Labels {
  const labels: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

function parseValue(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

/** Whether a sample has all these labels. */
function fits(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** Sum of a gauge's or counter's series that fit; null where there is none. */
export function valueOf(scrape: Scrape, name: string, wanted: Labels = {}): number | null {
  const samples = (scrape.get(name) ?? []).filter(({ labels, value }) => fits(labels, wanted) && !Number.isNaN(value));
  return samples.length === 0 ? null : samples.reduce((sum, { value }) => sum + value, 0);
}

/** What counters that fit gained between two scrapes. */
export function increaseOf(before: Scrape, after: Scrape, name: string, wanted: Labels = {}): number {
  let total = 0;
  for (const { increase } of increases(before, after, name, wanted)) total += increase;
  return total;
}

/** The same by the values of one label, the largest first; those that gained nothing are left out. */
export function increaseBy(
  before: Scrape,
  after: Scrape,
  name: string,
  label: string,
  wanted: Labels = {},
): readonly { readonly value: string; readonly increase: number }[] {
  return [...sumsBy(before, after, name, label, wanted)]
    .filter(([, increase]) => increase > 0)
    .map(([value, increase]) => ({ value, increase }))
    .sort((a, b) => b.increase - a.increase);
}

function sumsBy(before: Scrape, after: Scrape, name: string, label: string, wanted: Labels): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { labels, increase } of increases(before, after, name, wanted)) {
    const value = labels[label] ?? "";
    sums.set(value, (sums.get(value) ?? 0) + increase);
  }
  return sums;
}

/** Mean of a histogram's observations between two scrapes, in its unit; null where there was none. */
export function meanBetween(before: Scrape, after: Scrape, name: string, wanted: Labels = {}): number | null {
  const count = increaseOf(before, after, `${name}_count`, wanted);
  return count === 0 ? null : increaseOf(before, after, `${name}_sum`, wanted) / count;
}

/** A quantile of a histogram's observations between two scrapes, as Prometheus computes it; null where there was none. */
export function quantileBetween(
  before: Scrape,
  after: Scrape,
  name: string,
  part: number,
  wanted: Labels = {},
): number | null {
  const buckets = [...sumsBy(before, after, `${name}_bucket`, "le", wanted)]
    .map(([value, increase]) => ({ le: parseValue(value), count: increase }))
    .sort((a, b) => a.le - b.le);
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return null;
  const rank = part * total;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const bucket = buckets[index];
  const lower = buckets[index - 1] ?? { le: 0, count: 0 };
  if (bucket === undefined || bucket.le === Number.POSITIVE_INFINITY) return lower.le;
  return lower.le + (bucket.le - lower.le) * ((rank - lower.count) / (bucket.count - lower.count));
}

function* increases(
  before: Scrape,
  after: Scrape,
  name: string,
  wanted: Labels,
): Iterable<{ readonly labels: Labels; readonly increase: number }> {
  const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
  const earlier = new Map((before.get(name) ?? []).map(({ labels, value }) => [keyOf(labels), value]));
  for (const { labels, value } of after.get(name) ?? []) {
    if (!fits(labels, wanted)) continue;
    const start = earlier.get(keyOf(labels)) ?? 0;
    yield { labels, increase: value >= start ? value - start : value };
  }
}
