import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedMap } from "./bounded-map.ts";

test("the entry set longest ago goes first, and the bound holds", () => {
  const map = new BoundedMap<number>(3);
  for (const [index, key] of ["a", "b", "c"].entries()) map.set(key, index);
  map.set("a", 9);
  map.set("d", 4);
  assert.deepEqual([...map.values()], [2, 9, 4]);
  assert.equal(map.get("b"), undefined);
  for (let index = 0; index < 100; index++) map.set(String(index), index);
  assert.equal(map.size, 3);
});

test("a map of one keeps the last", () => {
  const map = new BoundedMap<string>(1);
  map.set("a", "1");
  map.set("a", "2");
  map.set("b", "3");
  assert.deepEqual([...map.values()], ["3"]);
});
