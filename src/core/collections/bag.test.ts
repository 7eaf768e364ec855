import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Bag } from "./bag.ts";

test("a bag holds what was added and not taken out, in any order of both", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9)), (steps) => {
      const bag = new Bag<{ slot: number; id: number }>();
      const items = Array.from({ length: 10 }, (_, id) => ({ slot: -1, id }));
      const expected = new Set<number>();
      for (const id of steps) {
        if (expected.has(id)) bag.delete(items[id]!);
        else bag.add(items[id]!);
        if (!expected.delete(id)) expected.add(id);
      }
      assert.deepEqual(new Set(bag.list().map((item) => item.id)), expected);
      assert.equal(bag.size, expected.size);
    }),
  );
});

test("every item is visited once, also when items leave on the way", () => {
  const bag = new Bag<{ slot: number; id: number }>();
  for (let id = 0; id < 9; id++) bag.add({ slot: -1, id });
  const seen: number[] = [];
  bag.forEach((item) => {
    seen.push(item.id);
    if (item.id % 2 === 0) bag.delete(item);
  });
  assert.deepEqual(seen.toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(bag.size, 4);
});

test("an item that is not in the bag is left alone", () => {
  const bag = new Bag<{ slot: number }>();
  const item = { slot: -1 };
  bag.add(item);
  bag.delete(item);
  bag.delete(item);
  assert.equal(bag.size, 0);
});
