import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecentResults } from "./recent-results.ts";

interface Value {
  readonly key: number;
  readonly part: number;
}

function countingResults(): { readonly results: RecentResults<Value, string>; readonly made: () => number } {
  let made = 0;
  const results = new RecentResults<Value, string>({
    keyOf: ({ key }) => String(key),
    isSame: (one, other) => one.key === other.key && one.part === other.part,
    make: ({ key, part }) => (made++, `${key}/${part}`),
  });
  return { results, made: () => made };
}

test("the result for a value is always its own, whatever was asked for before", () => {
  const value = fc.record({ key: fc.nat({ max: 300 }), part: fc.nat({ max: 12 }) });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 1_000 }), (values) => {
      const { results } = countingResults();
      for (const { key, part } of values) assert.equal(results.of({ key, part }), `${key}/${part}`);
    }),
  );
});

test("of values that take turns, eight of a key at most, each result is made once", () => {
  const { results, made } = countingResults();
  const ask = (parts: number): void => {
    for (let key = 0; key < 256; key++) for (let part = 0; part < parts; part++) results.of({ key, part });
  };
  ask(8);
  ask(8);
  assert.equal(made(), 256 * 8);
  results.of({ key: 1, part: 8 }); // takes the place of the oldest of its key
  results.of({ key: 1, part: 1 });
  assert.equal(made(), 256 * 8 + 1);
  results.of({ key: 1, part: 0 });
  assert.equal(made(), 256 * 8 + 2);
});

test("the key set longest ago is forgotten when there are too many", () => {
  const { results, made } = countingResults();
  for (let key = 0; key <= 256; key++) results.of({ key, part: 0 });
  results.of({ key: 256, part: 0 });
  assert.equal(made(), 257);
  results.of({ key: 0, part: 0 });
  assert.equal(made(), 258);
});
