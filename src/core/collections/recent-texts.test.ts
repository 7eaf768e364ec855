import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecentTexts } from "./recent-texts.ts";

test("the text of a value is always its own, whatever was asked for before", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (values) => {
      const texts = new RecentTexts<{ readonly n: number }>(
        ({ n }) => String(n),
        (one, other) => one.n === other.n,
      );
      for (const n of values) assert.equal(texts.textOf({ n }), String(n));
    }),
  );
});

test("values that take turns, eight at most, are made into text once each", () => {
  let made = 0;
  const texts = new RecentTexts<number>(
    (value) => (made++, String(value)),
    (one, other) => one === other,
  );
  for (let round = 0; round < 3; round++) for (let value = 0; value < 8; value++) texts.textOf(value);
  assert.equal(made, 8);
  texts.textOf(8); // takes the oldest one's place
  texts.textOf(1);
  assert.equal(made, 9);
  texts.textOf(0);
  assert.equal(made, 10);
});
