/**
 * Spans of time in rules. `scale` shortens all of them alike, for a trial of the whole chain in minutes: with 10 an
 * hour becomes six minutes. Rules in use have scale 1.
 */

/** From Prometheus' notation (`90s`, `5m`, `1h`, `3d`) to the span to write. */
export type Spans = (duration: string) => string;

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

type Unit = keyof typeof unitSeconds;

export function createSpans(scale: number): Spans {
  return (duration) => (scale === 1 ? duration : formatSpan(Math.max(1, Math.round(spanSeconds(duration) / scale))));
}

/** Throws RangeError on what is no span of one unit. */
export function spanSeconds(duration: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  if (count === undefined || unit === undefined) throw new RangeError(`no span of time: ${duration}`);
  return Number(count) * unitSeconds[unit as Unit];
}

/** In the largest unit that needs no fraction. */
export function formatSpan(seconds: number): string {
  const units: readonly Unit[] = ["d", "h", "m"];
  const unit = units.find((unit) => seconds > 0 && seconds % unitSeconds[unit] === 0) ?? "s";
  return `${seconds / unitSeconds[unit]}${unit}`;
}
