import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BoundedMap } from "./bounded-map.ts";

const letters = ["a", "b", "c", "d", "e", "f", "g", "h"];

test("keeps what a map would hold whose oldest entries are deleted beyond the bound, whatever is set in which order", () => {
  const sets = fc.array(fc.tuple(fc.constantFrom(...letters), fc.integer()), { maxLength: 60 });
  fc.assert(
    fc.property(sets, fc.integer({ min: 1, max: 6 }), (entries, maxEntries) => {
      const bounded = new BoundedMap<number>(maxEntries);
      const model = new Map<string, number>();
      for (const [key, value] of entries) {
        bounded.set(key, value);
        model.delete(key);
        model.set(key, value);
        if (model.size > maxEntries) model.delete(model.keys().next().value!);
      }
      assert.equal(bounded.size, model.size);
      assert.deepEqual([...bounded.values()], [...model.values()]);
      for (const key of letters) assert.equal(bounded.get(key), model.get(key));
    }),
  );
});

test("a cleared map is empty and takes new entries", () => {
  const bounded = new BoundedMap<number>(2);
  bounded.set("a", 1);
  bounded.clear();
  assert.deepEqual([bounded.size, bounded.get("a"), [...bounded.values()]], [0, undefined, []]);
  bounded.set("b", 2);
  assert.deepEqual([...bounded.values()], [2]);
});
