/** Whether a Claude model is of the generation `major.minor` or a later one, by its name; older naming schemes are not. */
export function isGeneration(name: string, major: number, minor: number): boolean {
  const match = /^claude-[a-z]+-(\d)(?:-(\d)(?!\d))?/.exec(name);
  if (match === null) return false;
  const own = Number(match[1]) * 10 + Number(match[2] ?? 0);
  return own >= major * 10 + minor;
}
