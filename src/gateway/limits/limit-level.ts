/** The arithmetic of a bucket that fills evenly over a minute. Pure; redis-limit-script.ts does the same in Lua. */

const minuteMs = 60_000;

/** What is in a bucket that held `level` when it was last filled. A clock that goes back gives nothing. */
export function filledLevel(level: number, perMinute: number, elapsedMs: number): number {
  return Math.min(perMinute, level + (Math.max(0, elapsedMs) * perMinute) / minuteMs);
}

/** How long until the bucket holds one more than nothing, or one request. */
export function waitForOneMs(level: number, perMinute: number): number {
  return Math.ceil(((1 - level) * minuteMs) / perMinute);
}

/** How long until it is full. */
export function waitForAllMs(level: number, perMinute: number): number {
  return Math.ceil(((perMinute - level) * minuteMs) / perMinute);
}
