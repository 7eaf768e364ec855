/** Efforts of reasoning by their strength: which one a target is asked for in place of one that it does not know. */

/** All efforts that a client or target may name, weakest first. */
export const efforts: readonly string[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** The strongest known effort that is not above `wished`, else the weakest known one. */
export function nearestEffort(wished: string, known: readonly string[]): string {
  const rank = efforts.indexOf(wished);
  const sorted = known.toSorted((a, b) => efforts.indexOf(a) - efforts.indexOf(b));
  if (rank === -1) return sorted.find((effort) => effort === "medium") ?? sorted[0] ?? "medium";
  return sorted.findLast((effort) => efforts.indexOf(effort) <= rank) ?? sorted[0] ?? wished;
}
