import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { createManualClock } from "../core/time/clock.ts";
import { createCredentialPool, createFixedCredential } from "./credential-pool.ts";
import type { WeightedCredential } from "./credential-pool.ts";
import type { CredentialPool } from "./provider.ts";

const key = (name: string, weight = 1): WeightedCredential => ({ name, headers: { authorization: name }, weight });

function take(pool: CredentialPool, nowMs: number, excluded: readonly string[] = []): string {
  const taken = pool.take(nowMs, excluded);
  return taken.kind === "taken" ? taken.credential.name : `cooling until ${taken.untilMs}`;
}

describe("turns", () => {
  test("are smooth: a heavy key does not come in bursts", () => {
    const pool = createCredentialPool([key("a", 5), key("b"), key("c")]);
    const names = Array.from({ length: 7 }, () => take(pool, 0)).join("");
    assert.equal(names, "aabacaa");
  });

  test("follow the weights exactly over each round", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, (list) => {
        const pool = createCredentialPool(list.map((weight, i) => key(`k${i}`, weight)));
        const sum = list.reduce((a, b) => a + b, 0);
        const counts = new Map<string, number>();
        for (let i = 0; i < 3 * sum; i++) {
          const name = take(pool, 0);
          counts.set(name, (counts.get(name) ?? 0) + 1);
        }
        for (const [i, weight] of list.entries()) assert.equal(counts.get(`k${i}`), 3 * weight);
      }),
      { numRuns: 50 },
    );
  });

  test("are not taken by asking whether a key is free", () => {
    const pool = createCredentialPool([key("a"), key("b")]);
    const names = Array.from({ length: 4 }, () => {
      assert.equal(pool.hasFree(0, []), true);
      return take(pool, 0);
    });
    assert.deepEqual(names, ["a", "b", "a", "b"]);
    assert.deepEqual([pool.hasFree(0, ["a"]), pool.hasFree(0, ["a", "b"])], [true, false]);
    pool.report("b", 429, 0, 5_000);
    assert.deepEqual([pool.hasFree(4_999, ["a"]), pool.hasFree(5_000, ["a"])], [false, true]);
    const fixed = createFixedCredential("own");
    assert.deepEqual([fixed.hasFree(0, []), fixed.hasFree(0, ["own"])], [true, false]);
  });

  test("leave out the keys that this call has tried", () => {
    const pool = createCredentialPool([key("a"), key("b")]);
    assert.equal(take(pool, 0, ["a"]), "b");
    assert.equal(take(pool, 0, ["a"]), "b");
    assert.equal(take(pool, 7, ["a", "b"]), "cooling until 0");
  });
});

describe("a key that is refused", () => {
  test("rests after 429 as long as the provider says, the others go on", () => {
    const clock = createManualClock(1_000);
    const pool = createCredentialPool([key("a"), key("b")]);
    pool.report("a", 429, clock.nowMs(), 20_000);
    assert.deepEqual([take(pool, clock.nowMs()), take(pool, clock.nowMs())], ["b", "b"]);
    assert.deepEqual(pool.states(clock.nowMs()), [
      { name: "a", coolingUntilMs: 21_000, freeShare: 0, lastStatus: 429 },
      { name: "b", coolingUntilMs: null, freeShare: 1, lastStatus: null },
    ]);
    clock.advanceMs(20_000);
    assert.equal(take(pool, clock.nowMs(), ["b"]), "a");
  });

  test("rests after 429 for what was asked alone, after 401 for everything", () => {
    const pool = createCredentialPool([key("a")]);
    const free = (): boolean[] => ["opus", "haiku", undefined].map((scope) => pool.hasFree(0, [], scope));
    pool.report("a", 429, 0, 20_000, "opus");
    assert.deepEqual(free(), [false, true, true]);
    assert.deepEqual(pool.take(0, [], "opus"), { kind: "cooling", untilMs: 20_000 });
    const ends = ["opus", "haiku", undefined].map((scope) => pool.states(0, scope)[0]?.coolingUntilMs);
    assert.deepEqual(ends, [20_000, null, 20_000]);
    pool.report("a", 401, 0, null, "haiku");
    assert.deepEqual(free(), [false, false, false]);
    assert.deepEqual(pool.take(0, [], "haiku"), { kind: "cooling", untilMs: 30_000 });
  });

  test("is as free as the models that it need not rest for", () => {
    const pool = createCredentialPool([key("a")]);
    const share = (): number | undefined => pool.states(0)[0]?.freeShare;
    assert.equal(share(), 1);
    pool.report("a", 429, 0, 20_000, "opus");
    assert.equal(share(), 0);
    for (const model of ["haiku", "sonnet", "haiku"]) pool.report("a", 200, 0, null, model);
    assert.equal(share(), 2 / 3);
    pool.report("a", 401, 0, null, "haiku");
    assert.equal(share(), 0);
  });

  test("counts the refusals of each thing asked by itself", () => {
    const pool = createCredentialPool([key("a")]);
    pool.report("a", 429, 0, null, "opus");
    pool.report("a", 200, 1_000, null, "haiku");
    pool.report("a", 429, 1_000, null, "opus");
    pool.report("a", 429, 1_000, null, "haiku");
    assert.deepEqual(
      ["opus", "haiku"].map((scope) => pool.states(1_000, scope)[0]?.coolingUntilMs),
      [3_000, 2_000],
    );
  });

  test("rests longer each time when the provider says nothing, up to a minute, and starts anew after a success", () => {
    const clock = createManualClock(0);
    const pool = createCredentialPool([key("a"), key("b")]);
    const pauses: number[] = [];
    const refuse = (): void => {
      pool.report("a", 429, clock.nowMs(), null);
      const untilMs = pool.states(clock.nowMs())[0]?.coolingUntilMs ?? 0;
      pauses.push(untilMs - clock.nowMs());
      clock.advanceMs(untilMs - clock.nowMs());
    };
    for (let i = 0; i < 8; i++) refuse();
    pool.report("a", 200, clock.nowMs(), null);
    refuse();
    assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 1_000]);
  });

  test("rests for ten minutes and more after 401 or 402", () => {
    for (const status of [401, 402]) {
      const pool = createCredentialPool([key("a"), key("b")]);
      pool.report("a", status, 0, null);
      assert.equal(take(pool, 599_999, ["b"]), "cooling until 600000");
      pool.report("a", status, 600_000, null);
      assert.equal(take(pool, 600_001, ["b"]), "cooling until 1800000");
    }
  });

  test("rests for ten minutes again where it was good for a call in between", () => {
    const pool = createCredentialPool([key("a"), key("b")]);
    pool.report("a", 401, 0, null);
    pool.report("a", 200, 600_000, null);
    pool.report("a", 401, 700_000, null);
    assert.equal(take(pool, 700_000, ["b"]), "cooling until 1300000");
  });

  test("rests until the last of its rests is over", () => {
    const pool = createCredentialPool([key("a")]);
    pool.report("a", 401, 0, null);
    pool.report("a", 429, 0, 20_000);
    assert.equal(take(pool, 0), "cooling until 30000");
    assert.equal(take(pool, 20_000), "cooling until 30000");
    pool.report("a", 429, 25_000, 20_000);
    assert.equal(take(pool, 25_000), "cooling until 45000");
  });

  test("rests once for many calls refused side by side", () => {
    const pool = createCredentialPool([key("a"), key("b")]);
    for (let i = 0; i < 20; i++) pool.report("a", 429, 0, null);
    assert.equal(take(pool, 0, ["b"]), "cooling until 1000");
    pool.report("a", 429, 0, 5_000);
    assert.equal(take(pool, 0, ["b"]), "cooling until 5000");
  });

  test("stays at rest when a call that was under way succeeds", () => {
    const pool = createCredentialPool([key("a"), key("b")]);
    pool.report("a", 429, 0, null);
    pool.report("a", 200, 10, null);
    assert.equal(take(pool, 20, ["b"]), "cooling until 1000");
  });

  test("is well again where the clock stands before its rest began", () => {
    const pool = createCredentialPool([key("a"), key("b")]);
    pool.report("a", 429, 10_000, null);
    assert.equal(take(pool, 10_000, ["b"]), "cooling until 11000");
    assert.equal(take(pool, 9_999, ["b"]), "a");
  });

  test("starts anew after a success only, and only one that came when it was free", () => {
    for (const [status, atMs, pauseMs] of [
      [399, 1_000, 1_000],
      [400, 1_000, 2_000],
      [200, 999, 2_000],
    ] as const) {
      const pool = createCredentialPool([key("a"), key("b")]);
      pool.report("a", 429, 0, null);
      pool.report("a", status, atMs, null);
      pool.report("a", 429, 1_000, null);
      assert.equal(take(pool, 1_000, ["b"]), `cooling until ${1_000 + pauseMs}`);
    }
  });

  test("rests for a day and for six hours at most, and never less than nothing", () => {
    const pool = createCredentialPool([key("a"), key("b")]);
    pool.report("a", 429, 0, 999_999_999);
    assert.equal(take(pool, 0, ["b"]), "cooling until 86400000");
    pool.report("b", 429, 0, -5);
    assert.equal(take(pool, 0, ["a"]), "b");
    const refused = createCredentialPool([key("a"), key("b")]);
    let nowMs = 0;
    for (let time = 0; time < 10; time++) {
      refused.report("a", 401, nowMs, null);
      const [state] = refused.states(nowMs);
      assert.ok(state!.coolingUntilMs! <= nowMs + 21_600_000);
      nowMs = state!.coolingUntilMs!;
    }
    refused.report("a", 401, nowMs, null);
    assert.equal(take(refused, nowMs, ["b"]), `cooling until ${nowMs + 21_600_000}`);
  });

  test("rests only briefly after 401 when there is no other", () => {
    const pool = createCredentialPool([key("a")]);
    pool.report("a", 401, 0, null);
    assert.equal(take(pool, 0), "cooling until 30000");
    assert.equal(take(pool, 30_000), "a");
  });

  test("is not rested for what is not its own fault", () => {
    const pool = createCredentialPool([key("a")]);
    for (const status of [400, 403, 404, 500, 529]) pool.report("a", status, 0, null);
    assert.equal(take(pool, 0), "a");
  });
});

test("when all rest, it says when the first comes back", () => {
  const pool = createCredentialPool([key("a"), key("b")]);
  pool.report("a", 429, 0, 9_000);
  pool.report("b", 429, 0, 4_000);
  assert.equal(take(pool, 1), "cooling until 4000");
});

test("the client's own credential never rests", () => {
  const pool = createFixedCredential("passthrough");
  pool.report("passthrough", 401, 0, null);
  assert.equal(take(pool, 0), "passthrough");
  assert.equal(take(pool, 7, ["passthrough"]), "cooling until 7");
  assert.deepEqual(pool.states(0), [{ name: "passthrough", coolingUntilMs: null, freeShare: 1, lastStatus: 401 }]);
});

test("what makes no pool is refused", () => {
  assert.throws(() => createCredentialPool([]), RangeError);
  for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => createCredentialPool([key("a", weight)]), /weight of key a/);
  }
  assert.throws(() => createCredentialPool([key("a"), key("a")]), /same name/);
});
