import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createManualClock } from "../../core/time/clock.ts";
import type { ManualClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { Ledger, LedgerTables } from "../ledger/ledger.ts";
import { createSqliteLedger } from "../ledger/sqlite/sqlite.ts";
import { parseSpendLimit, toSpendLimitChangeJson, toSpendLimitJson } from "./spend-limit-json.ts";
import { SpendLimits } from "./spend-limits.ts";
import type { SpendLimitRequest } from "./spend-limit.ts";

/** Runs with a ledger of its own. */
async function withLedger(run: (ledger: Ledger, clock: ManualClock) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "limits-"));
  const clock = createManualClock(Date.UTC(2026, 10, 22));
  const ledger = createSqliteLedger({ path: join(folder, "l.sqlite"), clock, logger: silentLogger });
  try {
    await run(ledger, clock);
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

function withLimits(
  run: (limits: SpendLimits, other: SpendLimits, clock: ManualClock) => Promise<void>,
): Promise<void> {
  return withLedger(async (ledger, clock) => {
    let next = 0;
    const create = (): SpendLimits => new SpendLimits(ledger.tables, clock, () => `id${++next}`);
    await run(create(), create(), clock);
  });
}

function daily(scope: SpendLimitRequest["scope"], amountCents: number | null): SpendLimitRequest {
  return { scope, period: "daily", amountCents };
}

const readsAll = "SELECT * FROM spend_limits ";
const ada = { type: "user", userId: "ada" } as const;

test("a limit that is set is listed, found, and seen by the other routers", () =>
  withLimits(async (limits, other) => {
    const limit = await limits.set(daily(ada, 2_500), "root");
    assert.deepEqual(limits.list(), [limit]);
    assert.equal(limits.get("spl_id1"), limits.list()[0]);
    await other.refresh();
    assert.deepEqual(other.seatCaps(), [{ scope: "user", id: "ada", period: "daily", limitNanoUsd: 25_000_000_000 }]);
  }));

test("all limits are read again only after a change, made by whichever router or by hand", () =>
  withLedger(async ({ tables }, clock) => {
    let reads = 0;
    const counted: LedgerTables = {
      ...tables,
      query: (sql, parameters) => {
        if (sql.startsWith(readsAll)) reads++;
        return tables.query(sql, parameters);
      },
    };
    let next = 0;
    const limits = new SpendLimits(counted, clock, () => "mine");
    const other = new SpendLimits(tables, clock, () => `id${++next}`);
    const readsOfRefresh = async (): Promise<number> => {
      const before = reads;
      await limits.refresh();
      return reads - before;
    };
    const { id } = await other.set(daily(ada, 100), "root");
    assert.deepEqual([await readsOfRefresh(), await readsOfRefresh()], [1, 0]);
    await other.remove(id, "root");
    await other.set(daily(ada, 100), "root");
    assert.deepEqual([await readsOfRefresh(), await readsOfRefresh()], [1, 0]);
    assert.equal(limits.get("spl_id2")?.amountCents, 100);
    await tables.write([{ sql: "UPDATE spend_limits SET amount_cents = 200", parameters: [] }]);
    assert.deepEqual([await readsOfRefresh(), await readsOfRefresh()], [1, 0]);
    assert.equal(limits.get("spl_id2")?.amountCents, 200);
  }));

test("setting the same scope and period again changes the one limit", () =>
  withLimits(async (limits, other) => {
    await limits.set(daily(ada, 100), "root");
    const changed = await other.set(daily(ada, 200), "root");
    assert.equal(changed.id, "spl_id1");
    await limits.refresh();
    assert.deepEqual(
      limits.list().map((limit) => limit.amountCents),
      [200],
    );
  }));

test("a database that holds a refresh up is asked once, and whoever asked meanwhile sees what was set since", () =>
  withLedger(async (ledger, clock) => {
    const { promise: lock, resolve: unlock } = Promise.withResolvers<void>();
    let asked = 0;
    const query: LedgerTables["query"] = async (sql, parameters) => {
      if (!sql.startsWith(readsAll)) return ledger.tables.query(sql, parameters);
      asked++;
      const rows = await ledger.tables.query(sql, parameters);
      await lock;
      return rows;
    };
    const limits = new SpendLimits({ ...ledger.tables, query }, clock, () => "id");
    const first = limits.refresh();
    await setImmediate();
    await new SpendLimits(ledger.tables, clock, () => "other").set(daily(ada, 100), "root");
    const others = [limits.refresh(), limits.refresh(), limits.refresh()];
    await setImmediate();
    assert.equal(asked, 1);
    unlock();
    await first;
    assert.equal(limits.list().length, 0);
    await Promise.all(others);
    assert.equal(limits.list().length, 1);
    assert.equal(asked, 2);
  }));

test("operators who set the same limit at once both get it, and the trail tells one change after the other", () =>
  withLimits(async (limits) => {
    const [first, second] = await Promise.all([
      limits.set(daily(ada, 100), "root"),
      limits.set(daily(ada, 200), "ana"),
    ]);
    assert.equal(first.id, second.id);
    assert.deepEqual(
      (await limits.audit(10)).map(({ actor, action, fromCents, toCents }) => [actor, action, fromCents, toCents]),
      [
        ["ana", "update", 100, 200],
        ["root", "create", null, 100],
      ],
    );
    assert.deepEqual(await Promise.all([limits.remove(first.id, "root"), limits.remove(first.id, "ana")]), [
      true,
      false,
    ]);
  }));

test("a limit that two routers set at once exists once, as whoever came last set it", () =>
  withLimits(async (limits, other) => {
    const both = await Promise.all([limits.set(daily(ada, 100), "root"), other.set(daily(ada, 200), "ana")]);
    await limits.refresh();
    assert.equal(limits.list().length, 1);
    assert.deepEqual(
      both.map(({ id }) => id),
      [limits.list()[0]!.id, limits.list()[0]!.id],
    );
  }));

test("the nearest limit is effective: user, then group, then organisation", () =>
  withLimits(async (limits) => {
    await limits.set(daily({ type: "organization" }, 1), "root");
    await limits.set(daily({ type: "rbac_group", groupId: "compilers" }, 2), "root");
    await limits.set(daily(ada, null), "root");
    const amountFor = (user: string, team: string | null): (number | null)[] =>
      limits.effective(user, team).map((limit) => limit.amountCents);
    assert.deepEqual(amountFor("ada", "compilers"), [null]);
    assert.deepEqual(amountFor("bob", "compilers"), [2]);
    assert.deepEqual(amountFor("eve", null), [1]);
  }));

test("a cap is no seat's limit: it stands in for one of the file, each scope, member and period by itself", () =>
  withLimits(async (limits, other) => {
    const cap = (scope: "team" | "key" | "all", id: string | null) => ({ type: "cap", scope, id }) as const;
    await limits.set(daily({ type: "organization" }, 1), "root");
    await limits.set(daily({ type: "rbac_group", groupId: "compilers" }, 2), "root");
    await limits.set(daily(cap("all", null), 3), "root");
    await limits.set(daily(cap("team", "compilers"), 4), "root");
    await limits.set({ scope: cap("team", "compilers"), period: "weekly", amountCents: null }, "root");
    await limits.set(daily(cap("key", "compilers"), 5), "root");
    assert.deepEqual(limits.seatCaps(), [
      { scope: "all", id: "", period: "daily", limitNanoUsd: 10_000_000 },
      { scope: "team", id: "compilers", period: "daily", limitNanoUsd: 20_000_000 },
    ]);
    const changes = [
      { scope: "all", id: null, period: "daily", limitNanoUsd: 30_000_000 },
      { scope: "team", id: "compilers", period: "daily", limitNanoUsd: 40_000_000 },
      { scope: "team", id: "compilers", period: "weekly", limitNanoUsd: null },
      { scope: "key", id: "compilers", period: "daily", limitNanoUsd: 50_000_000 },
    ];
    assert.deepEqual(limits.capChanges(), changes);
    await other.refresh();
    assert.deepEqual(other.list(), limits.list());
    assert.deepEqual(other.capChanges(), changes);
    assert.deepEqual((await limits.audit(1))[0]?.scope, cap("key", "compilers"));
    assert.deepEqual(
      limits.effective("ada", "compilers").map(({ amountCents }) => amountCents),
      [2],
    );
  }));

test("what has not changed is the same array, also after a look at the database", () =>
  withLimits(async (limits, _other, clock) => {
    await limits.set(daily(ada, 100), "root");
    const [seatCaps, capChanges] = [limits.seatCaps(), limits.capChanges()];
    await limits.refresh();
    assert.equal(limits.seatCaps(), seatCaps);
    assert.equal(limits.capChanges(), capChanges);
    clock.advanceMs(1_000);
    await limits.set(daily(ada, 200), "root");
    const [limit] = limits.list();
    assert.deepEqual([limit!.createdAtMs, limit!.updatedAtMs], [clock.nowMs() - 1_000, clock.nowMs()]);
    assert.equal(limits.seatCaps()[0]?.limitNanoUsd, 2_000_000_000);
    await limits.remove("spl_id1", "root");
    assert.deepEqual(limits.seatCaps(), []);
  }));

test("every change leaves its trace, newest first", () =>
  withLimits(async (limits, _other, clock) => {
    await limits.set(daily(ada, 100), "root");
    clock.advanceMs(1_000);
    await limits.set(daily(ada, 300), "lead");
    assert.equal(await limits.remove("spl_id1", "root"), true);
    assert.equal(await limits.remove("spl_id1", "root"), false);
    const trail = await limits.audit(10);
    assert.deepEqual(
      trail.map((change) => [change.action, change.actor, change.fromCents, change.toCents]),
      [
        ["delete", "root", 300, null],
        ["update", "lead", 100, 300],
        ["create", "root", null, 100],
      ],
    );
    assert.deepEqual(toSpendLimitChangeJson(trail[1] ?? assert.fail()), {
      type: "spend_limit_change",
      at: "2026-11-22T00:00:01.000Z",
      actor: "lead",
      action: "update",
      spend_limit_id: "spl_id1",
      scope: { type: "user", user_id: "ada" },
      period: "daily",
      from_amount: "100",
      to_amount: "300",
    });
    assert.deepEqual(limits.list(), []);
  }));

test("a body is read as the API has it, and told what is wrong with it", () => {
  assert.deepEqual(parseSpendLimit({ scope: { type: "user", user_id: "ada" }, amount: "2500", period: "weekly" }), {
    kind: "valid",
    request: { scope: { type: "user", userId: "ada" }, period: "weekly", amountCents: 2_500 },
  });
  const scope = { type: "organization" };
  assert.equal(parseSpendLimit({ scope, amount: null, period: "daily" }).kind, "valid");
  for (const [body, field] of [
    [[], /JSON object/],
    [{ scope: { type: "team" }, amount: "1", period: "daily" }, /^scope\.type/],
    [{ scope: { type: "user" }, amount: "1", period: "daily" }, /^scope\.user_id/],
    [{ scope, amount: "1", period: "yearly" }, /^period/],
    [{ scope, amount: 25, period: "daily" }, /^amount/],
    [{ scope, amount: "12.5", period: "daily" }, /^amount/],
    [{ scope, amount: "-1", period: "daily" }, /^amount/],
    [{ scope, period: "daily" }, /^amount/],
  ] as const) {
    const parsed = parseSpendLimit(body as unknown as Parameters<typeof parseSpendLimit>[0]);
    assert.ok(parsed.kind === "invalid", JSON.stringify(body));
    assert.match(parsed.message, field);
  }
});

test("a limit is shown as the API has it", () =>
  withLimits(async (limits) => {
    const limit = await limits.set(daily({ type: "rbac_group", groupId: "g" }, null), "root");
    assert.deepEqual(toSpendLimitJson(limit), {
      type: "spend_limit",
      id: "spl_id1",
      scope: { type: "rbac_group", rbac_group_id: "g" },
      amount: null,
      currency: "USD",
      is_enabled: true,
      period: "daily",
      created_at: "2026-11-22T00:00:00.000Z",
      updated_at: "2026-11-22T00:00:00.000Z",
    });
  }));
