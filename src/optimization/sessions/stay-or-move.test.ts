import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { totalOf } from "./session-costs.ts";
import { movePolicy, stayOrMove } from "./stay-or-move.ts";

const at = (next: number, rest: number): { nextNanoUsd: number; restNanoUsd: number } => ({
  nextNanoUsd: next * 1e6,
  restNanoUsd: rest * 1e6,
});

test("a warm session stays with the provider whose list price is higher", () => {
  // 20 more calls: 0.02 each here, 0.018 each there, but the first one there is cold
  const decision = stayOrMove([at(20, 400), at(150, 360)], 0);
  assert.equal(decision.kind, "stay");
  assert.ok(decision.savingNanoUsd < 0);
});

test("a session moves when its rest saves more than the threshold and the cold start", () => {
  assert.deepEqual(stayOrMove([at(20, 400), at(100, 100)], 0), {
    kind: "move",
    to: 1,
    savingNanoUsd: 220e6,
    thresholdNanoUsd: 80e6,
  });
});

test("a saving below a twentieth of the rest moves nobody", () => {
  assert.equal(stayOrMove([at(20, 400), at(20, 380)], 0).kind, "stay");
  assert.equal(stayOrMove([at(20, 400), at(20, 378)], 0).kind, "move");
});

test("a saving smaller than the cold start waits: it would need more than half of the expected rest", () => {
  assert.equal(stayOrMove([at(20, 400), at(130, 200)], 0).kind, "stay");
  assert.equal(stayOrMove([at(20, 400), at(119, 200)], 0).kind, "move");
});

test("a move always saves at least its threshold, and none is better", () => {
  const cost = fc.record({ nextNanoUsd: fc.nat(1e9), restNanoUsd: fc.nat(20e9) });
  fc.assert(
    fc.property(fc.array(cost, { minLength: 1, maxLength: 5 }), fc.nat(), (candidates, pick) => {
      const current = pick % candidates.length;
      const decision = stayOrMove(candidates, current);
      const here = candidates[current]!;
      if (decision.kind === "stay") return;
      const there = candidates[decision.to]!;
      assert.equal(decision.savingNanoUsd, totalOf(here) - totalOf(there));
      assert.ok(decision.savingNanoUsd > decision.thresholdNanoUsd);
      assert.ok(decision.thresholdNanoUsd >= movePolicy.minSavingShare * totalOf(here) - 1);
      assert.equal(stayOrMove([there, here], 0).kind, "stay", "it does not come back at once");
    }),
  );
});
