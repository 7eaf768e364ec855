import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestEffort } from "./reasoning-effort.ts";

test("an effort that is not known becomes the next weaker one, and never none for who wants some", () => {
  for (const [wished, known, chosen] of [
    ["max", ["low", "high"], "high"],
    ["medium", ["low", "high"], "low"],
    ["minimal", ["low", "high"], "low"],
    ["medium", ["none", "high"], "high"],
    ["high", ["none"], "none"],
    ["none", ["none", "low"], "none"],
    ["none", ["low", "high"], "low"],
    ["ultra", ["low", "medium"], "medium"],
  ] as const)
    assert.equal(nearestEffort(wished, known), chosen, `${wished} of ${known.join(", ")}`);
});
