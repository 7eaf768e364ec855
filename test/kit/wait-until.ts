/** Waiting for something to become true, with a deadline: in place of sleeps. */

const pollMs = 5;

/**
 * Resolves with the first value of `probe` that is neither undefined, null nor false. Rejects after `deadlineMs`, saying
 * what was waited for. A probe that throws counts as "not yet"; its last error is the rejection's cause.
 */
export async function waitUntil<Value>(
  what: string,
  probe: () => Value | Promise<Value>,
  deadlineMs = 10_000,
): Promise<NonNullable<Exclude<Value, false>>> {
  const endMs = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<Value, false>>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= endMs) throw new Error(`Waited ${deadlineMs} ms in vain until ${what}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
