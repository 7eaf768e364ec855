import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { BusiestNames } from "./busiest.ts";
import { LabelDomain } from "./label-domain.ts";
import { UserLabels } from "./user-labels.ts";

test("a tracked weight is never below the true one, and above it by at most the total over the capacity", () => {
  const operations = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 1000 })), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(operations, fc.integer({ min: 1, max: 12 }), (list, capacity) => {
      const busiest = new BusiestNames(capacity);
      const truth = new Map<string, number>();
      let total = 0;
      for (const [name, weight] of list) {
        busiest.add(String(name), weight);
        truth.set(String(name), (truth.get(String(name)) ?? 0) + weight);
        total += weight;
      }
      const tracked = busiest.list();
      assert.ok(tracked.length <= capacity);
      for (const { name, weight } of tracked) {
        const exact = truth.get(name) ?? 0;
        assert.ok(weight >= exact && weight <= exact + total / capacity);
      }
      // Whoever outweighs the bound is tracked.
      for (const [name, weight] of truth) {
        if (weight > total / capacity) assert.ok(tracked.some((entry) => entry.name === name));
      }
    }),
  );
});

test("everyone has a label while there is room; then a bigger spender takes the smallest one's place, not at once", () => {
  const domain = new LabelDomain(3);
  const users = new UserLabels(domain, 2);
  assert.notEqual(users.observe("ada", 100), 0);
  assert.notEqual(users.observe("bob", 10), 0);
  assert.equal(users.observe("eve", 1_000), 0);
  assert.deepEqual(users.rotate(0), []);
  assert.deepEqual(users.rotate(1_000), []);
  const changed = users.rotate(300_000);
  assert.deepEqual(
    changed.map((id) => domain.valueOf(id)),
    ["eve"],
  );
  assert.equal(users.observe("bob", 1), 0);
  assert.notEqual(users.observe("eve", 1), 0);
});

test("users of nearly equal weight do not take each other's place", () => {
  const users = new UserLabels(new LabelDomain(2), 1);
  users.observe("ada", 1_000);
  users.observe("bob", 1_100);
  users.rotate(0);
  assert.deepEqual(users.rotate(300_000), []);
});
