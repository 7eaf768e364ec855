/** Names that somebody may have meant: for errors that say how to mend them. */

/** At most `count` of `names`, the nearest to `given` first; none that differs in more than half of its letters. */
export function nearNames(given: string, names: readonly string[], count = 3): readonly string[] {
  return names
    .filter(({ length }) => Math.abs(length - given.length) <= Math.max(length, given.length) / 2) // no comparison is needed
    .map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(given.length, name.length) / 2)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}

/** The one of `names` that was probably meant, or null if none is within a third of its letters (or two of them). */
export function nearestName(given: string, names: readonly string[]): string | null {
  const most = Math.max(2, Math.floor(given.length / 3));
  const [nearest] = nearNames(given, names, 1);
  if (nearest === undefined) return null;
  return editDistance(given.toLowerCase(), nearest.toLowerCase()) <= most ? nearest : null;
}

function editDistance(a: string, b: string): number {
  const row = new Uint32Array(b.length + 1).map((_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0]!;
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const substitution = diagonal + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      diagonal = row[j]!;
      row[j] = Math.min(substitution, diagonal + 1, row[j - 1]! + 1);
    }
  }
  return row[b.length]!;
}
