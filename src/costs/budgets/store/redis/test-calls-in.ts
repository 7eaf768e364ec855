/** Sums of costs that are powers of four, for tests: a sum tells which calls are in it. */
import assert from "node:assert/strict";

/** Which calls a sum of costs is made of. Fails where one is in it twice. */
export function callsIn(sum: number): readonly number[] {
  const calls: number[] = [];
  for (let call = 0, left = BigInt(sum); left > 0n; call++, left /= 4n) {
    assert.ok(left % 4n < 2n, "a call is charged twice");
    if (left % 4n === 1n) calls.push(call);
  }
  return calls;
}

/** Those of `calls` that are not among the others. */
export function without(calls: readonly number[], others: readonly number[]): readonly number[] {
  return calls.filter((call) => !others.includes(call));
}
