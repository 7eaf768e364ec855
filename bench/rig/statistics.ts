/** The few statistics that the bench needs, of plain number lists. */

/** The middle value; the mean of the two middle ones for an even count; NaN for none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The `fraction` quantile (0 to 1), interpolated between neighbours; NaN for no values. */
export function quantile(values: readonly number[], fraction: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export interface Estimate {
  readonly median: number;
  /** Standard error of the median, from the median distance to it: an odd value or two do not move it. */
  readonly standardError: number;
}

/** The middle value and how far off it may be; NaN for none. */
export function estimate(values: readonly number[]): Estimate {
  const middle = median(values);
  const spread = median(values.map((value) => Math.abs(value - middle)));
  // For a normal distribution: 1.4826 from the median distance to its deviation, 1.2533 from a mean's error to a median's.
  return { median: middle, standardError: (1.4826 * 1.2533 * spread) / Math.sqrt(values.length) };
}

export interface Slope {
  /** Units of y for one unit of x. */
  readonly perUnit: number;
  /** Standard error of `perUnit`: a slope within two of these of a limit has not been shown to pass it. */
  readonly standardError: number;
}

/** Least-squares slope of y over x; NaN for fewer than three points. */
export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): Slope {
  const count = points.length;
  if (count < 3) return { perUnit: Number.NaN, standardError: Number.NaN };
  let meanX = 0;
  let meanY = 0;
  for (const { x, y } of points) {
    meanX += x / count;
    meanY += y / count;
  }
  let squaresX = 0;
  let products = 0;
  for (const { x, y } of points) {
    squaresX += (x - meanX) ** 2;
    products += (x - meanX) * (y - meanY);
  }
  const perUnit = products / squaresX;
  let residuals = 0;
  for (const { x, y } of points) residuals += (y - meanY - perUnit * (x - meanX)) ** 2;
  return { perUnit, standardError: Math.sqrt(residuals / (count - 2) / squaresX) };
}
