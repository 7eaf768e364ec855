/** How long something has gone on, for people. */

/** `3 d 4 h`, `5 min 6 s`: the two largest units. */
export function formatSpan(ms: number): string {
  const units = [
    { name: "d", ms: 86_400_000 },
    { name: "h", ms: 3_600_000 },
    { name: "min", ms: 60_000 },
    { name: "s", ms: 1000 },
  ];
  let rest = Math.max(0, ms);
  const parts = units.flatMap((unit) => {
    const count = Math.floor(rest / unit.ms);
    rest -= count * unit.ms;
    return count > 0 ? [`${count} ${unit.name}`] : [];
  });
  return parts.slice(0, 2).join(" ") || "0 s";
}
