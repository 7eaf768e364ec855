import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberScope } from "../../../core/member-scope.ts";
import { zeroUsage } from "../../../core/usage.ts";
import type { Ledger, SumQuery, SumRow } from "../../ledger/ledger.ts";
import type { BudgetCap } from "../../../core/money-settings.ts";
import type { SeatCap } from "./caps.ts";
import { findBuckets } from "./find-buckets.ts";
import { atMs } from "../store/test-bucket.ts";
import { windowAt } from "./windows.ts";

function cap(scope: MemberScope, id: string | null, daily: number | null, weekly: number | null = null): BudgetCap {
  return { scope, id, dailyNanoUsd: daily, weeklyNanoUsd: weekly, monthlyNanoUsd: null };
}

function spent(group: SumRow["group"], cost: number): SumRow {
  return {
    group,
    calls: 1,
    failedCalls: 0,
    estimatedCalls: 0,
    cachedCalls: 0,
    usage: zeroUsage,
    costNanoUsd: BigInt(cost),
    failedCostNanoUsd: 0n,
    savedByAnswerCacheNanoUsd: 0n,
    savedByPromptCacheNanoUsd: 0n,
    savedByRoutingNanoUsd: 0n,
    durationMs: 0,
    firstByteMs: 0,
    firstByteCalls: 0,
  };
}

/** A ledger that has `rows` for today and none for before. */
function ledgerOf(rows: readonly SumRow[], asked: SumQuery[] = []): Pick<Ledger, "sums"> {
  return {
    sums: (query) => {
      asked.push(query);
      return Promise.resolve(query.fromMs === windowAt("daily", atMs).startMs ? rows : []);
    },
  };
}

async function found(
  ledger: Pick<Ledger, "sums">,
  caps: readonly BudgetCap[],
  seatCaps: readonly SeatCap[] = [],
  limit = 100,
): Promise<string[]> {
  const buckets = await findBuckets(ledger, caps, seatCaps, atMs, limit);
  return buckets.map(({ scope, id, period, limitNanoUsd }) => `${scope} ${id} ${period} ${limitNanoUsd}`);
}

const ofAda = { user: "ada", team: "compilers", tier: "gold", key: "k1", askedModel: "opus" };
const ofBob = { user: "bob", team: "", tier: "gold", key: "k2", askedModel: "opus" };

test("who spent something has a bucket for each cap, the fullest first, sums of all who share it", async () => {
  const caps = [cap("user", null, 100), cap("team", null, 100), cap("tier", null, 100), cap("all", null, 1_000)];
  assert.deepEqual(await found(ledgerOf([spent(ofAda, 30), spent(ofBob, 50), spent(ofAda, 30)]), caps), [
    "tier gold daily 100",
    "user ada daily 100",
    "team compilers daily 100",
    "user bob daily 100",
    "all  daily 1000",
  ]);
  const byKey = [cap("key", null, 100), cap("model", null, 100)];
  assert.deepEqual(await found(ledgerOf([spent(ofAda, 30), spent(ofBob, 50)]), byKey), [
    "model opus daily 100",
    "key k2 daily 100",
    "key k1 daily 100",
  ]);
});

test("each period is asked for by itself, whole and by whom it was spent", async () => {
  const asked: SumQuery[] = [];
  const caps = [cap("user", null, 100, 200)];
  assert.deepEqual(await found(ledgerOf([spent(ofAda, 1)], asked), caps), ["user ada daily 100"]);
  assert.deepEqual(
    asked.map(({ fromMs, toMs }) => ({ startMs: fromMs, endMs: toMs })),
    [windowAt("daily", atMs), windowAt("weekly", atMs), windowAt("monthly", atMs)],
  );
  for (const { by } of asked) assert.deepEqual(by, ["user", "team", "tier", "key", "askedModel"]);
});

test("whom a cap names is found before anything is spent, and so is the cap on all together, but nobody else", async () => {
  const caps = [
    cap("user", "ada", 10),
    cap("team", "compilers", 20),
    cap("tier", "gold", 30),
    cap("key", "k1", 40),
    cap("model", "opus", 50),
    cap("all", null, 60),
    cap("user", null, 70),
    cap("key", null, 80),
  ];
  assert.deepEqual(
    new Set(await found(ledgerOf([]), caps)),
    new Set([
      "user ada daily 10",
      "team compilers daily 20",
      "tier gold daily 30",
      "key k1 daily 40",
      "model opus daily 50",
      "all  daily 60",
    ]),
  );
});

test("a user's seat cap is found before anything is spent; a default for seats with who has one", async () => {
  const ofUser: SeatCap = { scope: "user", id: "ada", period: "daily", limitNanoUsd: 5 };
  const ofTeam: SeatCap = { scope: "team", id: "compilers", period: "daily", limitNanoUsd: 6 };
  const ofAll: SeatCap = { scope: "all", id: "", period: "daily", limitNanoUsd: 7 };
  assert.deepEqual(await found(ledgerOf([]), [], [ofUser, ofTeam, ofAll]), ["user ada daily 5"]);
  assert.deepEqual(await found(ledgerOf([spent(ofBob, 1)]), [], [ofUser, ofTeam, ofAll]), [
    "user bob daily 7",
    "user ada daily 5",
  ]);
});

test("a limit of nothing is the fullest, and no more are listed than asked for", async () => {
  const caps = [cap("user", "ada", 100), cap("user", "bob", 0), cap("user", "eve", 1_000)];
  const ledger = ledgerOf([spent(ofAda, 99), spent({ ...ofBob, user: "eve" }, 999)]);
  assert.deepEqual(await found(ledger, caps), ["user bob daily 0", "user eve daily 1000", "user ada daily 100"]);
  assert.deepEqual(await found(ledger, caps, [], 1), ["user bob daily 0"]);
});
