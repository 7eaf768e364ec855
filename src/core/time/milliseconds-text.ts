/**
 * Milliseconds as text, as JavaScript writes them. Those of whole microseconds, as records have them, from small numbers and
 * a table: V8 takes three times as long to find the shortest digits of a fraction.
 */

/** `.001` to `.999` without zeros at the end; nothing for 0. */
const fractions: readonly string[] = Array.from({ length: 1_000 }, (_, micros) => String(micros / 1_000).slice(1));

const longestMs = 1e9;

/** The digits of `ms`, a finite number. */
export function millisecondsText(ms: number): string {
  const micros = Math.round(ms * 1_000);
  if (micros < 0 || ms > longestMs || micros / 1_000 !== ms) return String(ms);
  const whole = Math.floor(micros / 1_000);
  return `${whole}${fractions[micros - whole * 1_000]!}`;
}
