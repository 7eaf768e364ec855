import assert from "node:assert/strict";
import { test } from "node:test";
import type { BucketState } from "../costs/budgets/store/budget-store.ts";
import { createRemainingShares } from "./remaining-shares.ts";

const ada = { user: "ada", team: null, tier: "standard", keyId: "k", askedModel: "m" };

function state(period: "daily" | "weekly", spent: number, held: number, endMs: number): BucketState {
  const bucket = { scope: "user", id: "ada", period, limitNanoUsd: 100, startMs: 0, endMs } as const;
  return { bucket, spentNanoUsd: spent, heldNanoUsd: held };
}

test("the smallest share of all windows counts, held money as gone", () => {
  const shares = createRemainingShares(10);
  assert.equal(shares.find(ada, 0), null);
  shares.observe(ada, [state("daily", 20, 10, 1_000), state("weekly", 85, 5, 9_000)]);
  assert.ok(Math.abs(shares.find(ada, 0)! - 0.1) < 1e-9);
  shares.observe(ada, [state("daily", 500, 0, 1_000)]);
  assert.equal(shares.find(ada, 0), 0);
});

test("a window that has begun anew, and a cap that was lifted, leave nothing behind", () => {
  const shares = createRemainingShares(10);
  shares.observe(ada, [state("daily", 99, 0, 1_000)]);
  assert.equal(shares.find(ada, 1_000), null);
  shares.observe(ada, []);
  assert.equal(shares.find(ada, 0), null);
});

test("memory is bounded, and each asked model has its own share", () => {
  const shares = createRemainingShares(2);
  for (const askedModel of ["a", "b", "c"]) shares.observe({ ...ada, askedModel }, [state("daily", 50, 0, 1_000)]);
  assert.deepEqual(
    ["a", "b", "c"].map((askedModel) => shares.find({ ...ada, askedModel }, 0)),
    [null, 0.5, 0.5],
  );
});
