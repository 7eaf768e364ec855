/** Lengths of time, in milliseconds. */

export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** A length of time to the microsecond: differences of time stamps have ten digits of noise beyond, which each row would carry. */
export function toMicrosecond(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
