/** Several values of one series as one, where workers or names without a label of their own share it. Pure. */
import type { GaugeMerge } from "../catalog/metric-definition.ts";

/** NaN stands for "nothing to tell" and gives way to a value. */
export function mergeValues(values: readonly number[], merge: GaugeMerge): number {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return Number.NaN;
  if (merge === "max") return Math.max(...known);
  if (merge === "min") return Math.min(...known);
  const sum = known.reduce((total, value) => total + value, 0);
  return merge === "mean" ? sum / known.length : sum;
}
