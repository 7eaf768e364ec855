/** Whether a soak run shows that nothing builds up. */
import { median, slopeOf } from "../rig/statistics.ts";

export interface SoakReading {
  readonly hours: number;
  /** After full collections. */
  readonly liveMb: number;
  readonly residentMb: number;
  readonly sockets: number;
  readonly files: number;
  readonly unhandledRejections: number;
}

export interface SoakVerdict {
  /** MB an hour of live memory after the warm-up, and the standard error of this. */
  readonly slopeMbPerHour: number;
  readonly slopeError: number;
  readonly grownMb: number;
  readonly breaches: readonly string[];
}

/** A long run shows its slope; within minutes the slope of an hour is guesswork, and growth itself is judged. */
const longRunHours = 0.5;
const slopeLimitMbPerHour = 1;
const shortGrowthLimitMb = 6;
const descriptorLimit = 50;

/** The first quarter is warm-up: caches fill, code is compiled. */
export function judgeSoak(readings: readonly SoakReading[]): SoakVerdict {
  const lastHours = readings.at(-1)?.hours ?? 0;
  const settled = readings.filter(({ hours }) => hours >= lastHours / 4);
  const { perUnit, standardError } = slopeOf(settled.map(({ hours, liveMb }) => ({ x: hours, y: liveMb })));
  const half = Math.floor(settled.length / 2);
  const change = (read: (reading: SoakReading) => number): number =>
    median(settled.slice(half).map(read)) - median(settled.slice(0, half).map(read));
  const grownMb = change(({ liveMb }) => liveMb);
  const breaches: string[] = [];
  if (lastHours >= longRunHours && perUnit - 2 * standardError > slopeLimitMbPerHour) {
    breaches.push(`memory grows by ${perUnit.toFixed(2)} MB an hour`);
  }
  if (lastHours < longRunHours && grownMb > shortGrowthLimitMb)
    breaches.push(`memory grew by ${grownMb.toFixed(1)} MB`);
  const sockets = change((reading) => reading.sockets);
  if (sockets > descriptorLimit) breaches.push(`${sockets} more sockets in the second half`);
  const files = change((reading) => reading.files);
  if (files > descriptorLimit) breaches.push(`${files} more open files in the second half`);
  const unhandled = readings.at(-1)?.unhandledRejections ?? 0;
  if (unhandled > 0) breaches.push(`${unhandled} unhandled rejections`);
  return { slopeMbPerHour: perUnit, slopeError: standardError, grownMb, breaches };
}
