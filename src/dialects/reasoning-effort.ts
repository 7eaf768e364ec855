/** Efforts of reasoning by their strength: which one a target is asked for in place of one that it does not know. */

/** All efforts that a client or target may name, weakest first. */
export const efforts: readonly string[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * The strongest known effort that is not above `wished`, else the weakest known one. Who wants some thinking gets some: `none` is
 * for those who want none, and for targets that know nothing else.
 */
export function nearestEffort(wished: string, known: readonly string[]): string {
  const rank = efforts.indexOf(wished);
  const some = wished === "none" ? known : known.filter((effort) => effort !== "none");
  const sorted = (some.length > 0 ? some : known).toSorted((a, b) => efforts.indexOf(a) - efforts.indexOf(b));
  if (rank === -1) return sorted.find((effort) => effort === "medium") ?? sorted[0] ?? "medium";
  return sorted.findLast((effort) => efforts.indexOf(effort) <= rank) ?? sorted[0] ?? wished;
}
