/**
 * What every ledger promises: run for SQLite and for PostgreSQL. One list, however long, so that no database is left out of a
 * promise.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { CallRecord } from "../../core/record.ts";
import { zeroUsage } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";
import type { Ledger, RecordFilter } from "./ledger.ts";
import { dayMs, hourMs } from "./rollup.ts";
import { createTestRecord } from "./test-record.ts";

/** Opens an empty ledger, and the same one again after `close`. */
export interface LedgerUnderTest {
  readonly name: string;
  /** Why these tests cannot run here, or null. */
  readonly skip: string | null;
  readonly open: () => Promise<{
    readonly ledger: Ledger;
    readonly reopen: () => Promise<Ledger>;
    readonly dispose: () => Promise<void>;
  }>;
}

const day = Date.parse("2026-11-18T00:00:00Z");

export function testLedgerConformance(under: LedgerUnderTest): void {
  const skip = under.skip ?? false;

  function promise(title: string, run: (ledger: Ledger, reopen: () => Promise<Ledger>) => Promise<void>): void {
    void test(`${under.name}: ${title}`, { skip }, async () => {
      const { ledger, reopen, dispose } = await under.open();
      try {
        await run(ledger, reopen);
      } finally {
        await dispose();
      }
    });
  }

  promise("a record comes back exactly as it was handed over", async (ledger) => {
    const records = fc.sample(arbitraryRecord, { numRuns: 30, seed: 7 });
    const unique = records.map((record, index) => ({ ...record, id: `req_${index}` }));
    for (const record of unique) ledger.append(record);
    assert.equal(await ledger.flush(), true);
    const { entries } = await ledger.records({}, { limit: 100 });
    const byId = new Map(entries.map((entry) => [entry.record.id, entry]));
    for (const record of unique) {
      assert.deepEqual(byId.get(record.id)?.record, JSON.parse(JSON.stringify(record)));
      assert.equal(byId.get(record.id)?.costNanoUsd, record.cost?.nanoUsd ?? null);
    }
  });

  promise("rows survive closing and opening again", async (ledger, reopen) => {
    ledger.append(createTestRecord({ id: "req_a" }));
    await ledger.close();
    const again = await reopen();
    assert.equal((await again.records({})).entries.length, 1);
    await again.close();
  });

  promise("a record handed over twice is one row and counts once", async (ledger) => {
    const record = createTestRecord({ id: "req_twice", costNanoUsd: 5 });
    ledger.append(record);
    ledger.append(record);
    await ledger.flush();
    ledger.append(record);
    await ledger.flush();
    const [sums] = await ledger.sums({ fromMs: 0, toMs: day * 2, by: [] });
    assert.equal(sums?.calls, 1);
    assert.equal(sums?.costNanoUsd, 5n);
    assert.equal((await ledger.records({})).entries.length, 1);
  });

  promise("pages come newest first, without gaps or repeats", async (ledger) => {
    for (let index = 0; index < 25; index++) {
      ledger.append(createTestRecord({ id: `req_${index}`, startedAtMs: day + Math.floor(index / 3) * 1000 }));
    }
    await ledger.flush();
    const seen: CallRecord[] = [];
    let cursor: string | null = null;
    do {
      const page = await ledger.records({}, { limit: 10, cursor });
      seen.push(...page.entries.map((entry) => entry.record));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.equal(new Set(seen.map((record) => record.id)).size, 25);
    for (const [index, record] of seen.entries()) {
      assert.ok(record.startedAtMs <= (seen[index - 1]?.startedAtMs ?? Number.POSITIVE_INFINITY));
    }
  });

  promise("a cursor that is none is refused", async (ledger) => {
    await assert.rejects(ledger.records({}, { cursor: "1; DROP TABLE calls" }), RangeError);
  });

  promise(
    "a call that nobody served counts for the target that was tried last, and its record says so",
    async (ledger) => {
      const served = createTestRecord({ id: "req_served", startedAtMs: day });
      const [attempt] = served.attempts;
      const tried = (model: string): typeof attempt => ({
        ...attempt!,
        target: { provider: "acme", model },
        errorCode: "provider_failed",
      });
      const failed: CallRecord = {
        ...createTestRecord({ id: "req_failed", startedAtMs: day, outcome: "error" }),
        target: null,
        answeredModel: null,
        usage: null,
        cost: null,
        attempts: [tried("first")!, tried("last")!],
      };
      const refused: CallRecord = { ...failed, id: "req_refused", attempts: [] };
      for (const record of [served, failed, refused]) ledger.append(record);
      await ledger.flush();
      const sums = await ledger.sums({ fromMs: day, toMs: day * 2, by: ["provider", "model"] });
      const groups = sums.map(({ group, calls, failedCalls }) => [group.provider, group.model, calls, failedCalls]);
      assert.deepEqual(groups.sort(), [
        ["", "", 1, 1],
        ["acme", "last", 1, 1],
        ["anthropic", served.target!.model, 1, 0],
      ]);
      const { entries } = await ledger.records({ provider: "acme" });
      assert.deepEqual(
        entries.map(({ record }) => [record.id, record.target]),
        [["req_failed", null]],
      );
    },
  );

  promise("filters keep what fits and nothing else", async (ledger) => {
    const fitting = createTestRecord({ id: "req_fits", user: "ada", startedAtMs: day + 5 });
    ledger.append(fitting);
    ledger.append(
      createTestRecord({ id: "req_other", user: "bob", model: "other", outcome: "error", startedAtMs: day }),
    );
    await ledger.flush();
    const filters: RecordFilter[] = [
      { user: "ada" },
      { id: "req_fits" },
      { model: fitting.target?.model },
      { outcome: "success" },
      { fromMs: day + 1 },
      { user: "ada", team: fitting.caller.team ?? undefined, tier: "standard", keyId: fitting.caller.keyId },
    ];
    for (const filter of filters) {
      const { entries } = await ledger.records(filter);
      assert.deepEqual(
        entries.map((entry) => entry.record.id),
        ["req_fits"],
        JSON.stringify(filter),
      );
    }
    assert.equal((await ledger.records({ user: "' OR 1=1 --" })).entries.length, 0);
  });

  promise("sums agree with the rows, by every dimension and over any range of hours", async (ledger) => {
    const records = seededRecords(400);
    for (const record of records) ledger.append(record);
    await ledger.flush();
    const fromMs = day + 5 * hourMs;
    const toMs = day + 25 * dayMs + 7 * hourMs;
    const inRange = records.filter((record) => record.startedAtMs >= fromMs && record.startedAtMs < toMs);
    for (const [by, keyOf] of dimensions) {
      const rows = await ledger.sums({ fromMs, toMs, by: [by] });
      const expected = Map.groupBy(inRange, keyOf);
      assert.equal(rows.length, expected.size, by);
      for (const row of rows) {
        const group = expected.get(row.group[by] ?? "?") ?? [];
        assert.equal(row.calls, group.length, `${by} ${row.group[by]}`);
        const cost = group.reduce((sum, record) => sum + BigInt(record.cost?.nanoUsd ?? 0), 0n);
        assert.equal(row.costNanoUsd, cost);
        assert.equal(
          row.usage.output,
          group.reduce((sum, record) => sum + (record.usage?.output ?? 0), 0),
        );
        assert.equal(row.failedCalls, group.filter((record) => record.outcome !== "success").length);
      }
    }
  });

  promise(
    "what was spent until a moment is exact to the millisecond, corrections and filters counted",
    async (ledger) => {
      const records = seededRecords(400);
      for (const record of records) ledger.append(record);
      ledger.append({
        ...createTestRecord({ id: "req_count", startedAtMs: day + 1, costNanoUsd: 7 }),
        endpoint: "count-tokens",
      });
      await ledger.flush();
      const costs = new Map(records.map((record) => [record.id, record.cost?.nanoUsd ?? 0]));
      const corrected = records.filter(({ cost }) => cost !== null).slice(0, 50);
      await ledger.correct(
        corrected.map(({ id, cost }, index) => {
          costs.set(id, cost!.nanoUsd + index + 1);
          const [fromNanoUsd, toNanoUsd] = [cost!.nanoUsd, cost!.nanoUsd + index + 1];
          return { callId: id, atMs: 1, fromNanoUsd, toNanoUsd, prices: cost!.prices, reason: "reprice" };
        }),
      );
      for (const user of [undefined, ...new Set(records.map(({ caller }) => caller.user))]) {
        for (const { startedAtMs } of records.slice(0, 20)) {
          for (const toMs of [startedAtMs, startedAtMs + 1, day + dayMs, day]) {
            const spent = records
              .filter((record) => user === undefined || record.caller.user === user)
              .filter((record) => record.startedAtMs >= day && record.startedAtMs < toMs)
              .reduce((sum, { id }) => sum + BigInt(costs.get(id) ?? 0), 0n);
            assert.equal(await ledger.spent({ fromMs: day, toMs, filter: { user } }), spent, `${user} until ${toMs}`);
          }
        }
      }
    },
  );

  promise("sums by session cover whole days", async (ledger) => {
    const records = seededRecords(100);
    for (const record of records) ledger.append(record);
    await ledger.flush();
    const rows = await ledger.sums({ fromMs: day, toMs: day + 30 * dayMs, by: ["session"] });
    const expected = Map.groupBy(records, (record) => record.client.sessionId ?? "");
    assert.equal(rows.length, expected.size);
    for (const row of rows) assert.equal(row.calls, expected.get(row.group.session ?? "")?.length);
    await assert.rejects(ledger.sums({ fromMs: 0, toMs: 1, by: ["session", "hour"] }), RangeError);
  });

  promise("sums beyond 2^53 nano-dollars stay exact", async (ledger) => {
    const large = Number.MAX_SAFE_INTEGER - 1;
    for (let index = 0; index < 3; index++) {
      ledger.append(createTestRecord({ id: `req_${index}`, startedAtMs: day, costNanoUsd: large }));
      await ledger.flush();
    }
    const [sums] = await ledger.sums({ fromMs: day, toMs: day + dayMs, by: [] });
    assert.equal(sums?.costNanoUsd, BigInt(large) * 3n);
  });

  promise("sums over nothing are no rows", async (ledger) => {
    assert.deepEqual(await ledger.sums({ fromMs: day, toMs: day + dayMs, by: [] }), []);
    assert.deepEqual(await ledger.sums({ fromMs: day, toMs: day + dayMs, by: ["user"] }), []);
  });

  promise("token counting is recorded and not summed", async (ledger) => {
    ledger.append({ ...createTestRecord({ id: "req_count", startedAtMs: day }), endpoint: "count-tokens" });
    await ledger.flush();
    assert.equal((await ledger.records({})).entries.length, 1);
    assert.deepEqual(await ledger.sums({ fromMs: day, toMs: day + dayMs, by: [] }), []);
  });

  promise("a correction stands beside the row, moves every sum, and is not made twice", async (ledger) => {
    const record = createTestRecord({ id: "req_c", startedAtMs: day, costNanoUsd: 100, session: "s" });
    ledger.append(record);
    await ledger.flush();
    const correction = {
      callId: "req_c",
      atMs: day + 9,
      fromNanoUsd: 100,
      toNanoUsd: 70,
      prices: { ...(record.cost?.prices ?? assert.fail()), output: 1 },
      reason: "reprice",
    };
    assert.equal(await ledger.correct([correction]), 1);
    assert.equal(await ledger.correct([correction]), 0);
    const [entry] = (await ledger.records({ id: "req_c" })).entries;
    assert.equal(entry?.record.cost?.nanoUsd, 100);
    assert.equal(entry?.costNanoUsd, 70);
    assert.deepEqual(entry?.corrections, [correction]);
    for (const by of ["user", "day", "hour", "session"] as const) {
      const [sums] = await ledger.sums({ fromMs: day, toMs: day + dayMs, by: [by] });
      assert.equal(sums?.costNanoUsd, 70n, by);
    }
  });

  promise("what further models used and cost stays apart, in the call and in its corrections", async (ledger) => {
    const base = createTestRecord({ id: "req_further", startedAtMs: day, costNanoUsd: 100 });
    const used = { ...zeroUsage, cacheWrite1h: 7, output: 300 };
    const usage = { ...base.usage!, furtherModels: [{ model: "claude-opus-5", usage: used }] };
    const { prices } = base.cost!;
    const applied = {
      ...prices,
      furtherModels: [{ model: "claude-opus-5", prices: { ...prices, output: 25_000_000 } }],
    };
    const record = { ...base, usage, cost: { nanoUsd: 100, prices: applied } };
    ledger.append(record);
    await ledger.flush();
    const amounts = { fromNanoUsd: 100, toNanoUsd: 150 };
    const correction = { callId: record.id, atMs: day, ...amounts, prices: applied, reason: "reprice" };
    assert.equal(await ledger.correct([correction]), 1);
    const [entry] = (await ledger.records({})).entries;
    assert.deepEqual(entry?.record, JSON.parse(JSON.stringify(record)));
    assert.deepEqual(entry?.corrections, [correction]);
    const [sums] = await ledger.sums({ fromMs: 0, toMs: day * 2, by: [] });
    assert.deepEqual([sums?.usage.output, sums?.costNanoUsd], [800, 150n], "the sums are those of the whole call");
  });

  promise("a correction of a call that is not there is left out", async (ledger) => {
    const prices = createTestRecord({ id: "x" }).cost?.prices ?? assert.fail();
    const correction = { callId: "req_none", atMs: 1, fromNanoUsd: 1, toNanoUsd: 2, prices, reason: "reprice" };
    assert.equal(await ledger.correct([correction]), 0);
  });

  promise("retention removes whole days, with their sums and corrections, and nothing newer", async (ledger) => {
    for (let index = 0; index < 1_200; index++) {
      ledger.append(createTestRecord({ id: `req_old_${index}`, startedAtMs: day + index, session: `s${index % 7}` }));
    }
    ledger.append(createTestRecord({ id: "req_new", startedAtMs: day + dayMs }));
    await ledger.flush();
    assert.equal(await ledger.removeBefore(day + dayMs + 5 * hourMs), 1_200);
    const { entries } = await ledger.records({});
    assert.deepEqual(
      entries.map((entry) => entry.record.id),
      ["req_new"],
    );
    for (const by of ["day", "hour", "session"] as const) {
      const rows = await ledger.sums({ fromMs: 0, toMs: day + 9 * dayMs, by: [by] });
      assert.equal(
        rows.reduce((sum, row) => sum + row.calls, 0),
        1,
        by,
      );
    }
  });

  promise("what retention leaves of a week is counted, and what comes late into it too", async (ledger) => {
    for (let index = 0; index < 28; index++) {
      ledger.append(createTestRecord({ id: `req_${index}`, startedAtMs: day + index * dayMs, costNanoUsd: 1_000 }));
    }
    await ledger.flush();
    await ledger.removeBefore(day + 10 * dayMs);
    ledger.append(createTestRecord({ id: "req_late", startedAtMs: day + 11 * dayMs, costNanoUsd: 1_000 }));
    await ledger.flush();
    for (const by of ["user", "day", "session"] as const) {
      const rows = await ledger.sums({ fromMs: 0, toMs: day + 70 * dayMs, by: [by] });
      assert.equal(
        rows.reduce((sum, row) => sum + row.costNanoUsd, 0n),
        19_000n,
        by,
      );
    }
  });

  promise("other tables are written all or none, and read", async (ledger) => {
    const insert = "INSERT INTO spend_limits VALUES (?, ?, ?, ?, ?, ?, ?)";
    await ledger.tables.write([{ sql: insert, parameters: ["spl_1", "user", "ada", "daily", 500, 1, 1] }]);
    await assert.rejects(
      ledger.tables.write([
        { sql: insert, parameters: ["spl_2", "user", "bob", "daily", 500, 1, 1] },
        { sql: insert, parameters: ["spl_1", "user", "eve", "daily", 500, 1, 1] },
      ]),
    );
    const rows = await ledger.tables.query("SELECT id, amount_cents FROM spend_limits WHERE period = ?", ["daily"]);
    assert.deepEqual(
      rows.map((row) => [row["id"], Number(row["amount_cents"])]),
      [["spl_1", 500]],
    );
  });
}

type Dimension = "user" | "team" | "tier" | "key" | "askedModel" | "model" | "provider" | "day" | "hour" | "hourOfDay";

const dimensions: readonly (readonly [Dimension, (record: CallRecord) => string])[] = [
  ["user", (record) => record.caller.user],
  ["team", (record) => record.caller.team ?? ""],
  ["tier", (record) => record.caller.tier],
  ["key", (record) => record.caller.keyId],
  ["askedModel", (record) => record.askedModel],
  ["model", (record) => record.target?.model ?? ""],
  ["provider", (record) => record.target?.provider ?? ""],
  ["day", (record) => String(Math.floor(record.startedAtMs / dayMs) * dayMs)],
  ["hour", (record) => String(Math.floor(record.startedAtMs / hourMs) * hourMs)],
  ["hourOfDay", (record) => String(Math.floor(record.startedAtMs / hourMs) % 24)],
];

function seededRecords(count: number): CallRecord[] {
  const outcomes = ["success", "success", "success", "error", "aborted", "cut"] as const;
  return Array.from({ length: count }, (_, index) => {
    const mixed = (index * 2_654_435_761) % 4_294_967_296;
    return createTestRecord({
      id: `req_${index}`,
      startedAtMs: day + (mixed % (30 * dayMs)),
      user: `user-${mixed % 7}`,
      team: mixed % 5 === 0 ? null : `team-${mixed % 3}`,
      model: `model-${mixed % 4}`,
      session: mixed % 11 === 0 ? null : `session-${mixed % 13}`,
      outcome: outcomes[mixed % outcomes.length] ?? "success",
      costNanoUsd: mixed % 1_000_003,
    });
  });
}

const words = fc.string({ unit: "grapheme", maxLength: 12 }).filter((word) => !word.includes("\0"));

function withFurtherModel(usage: Usage, model: string | undefined): Usage {
  if (model === undefined) return usage;
  return { ...usage, furtherModels: [{ model, usage: { ...zeroUsage, uncachedInput: 20, output: 300 } }] };
}

const arbitraryRecord: fc.Arbitrary<CallRecord> = fc
  .record({
    notes: fc.array(words, { maxLength: 3 }),
    message: fc.option(words),
    user: words,
    firstByteMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true, noDefaultInfinity: true })),
    hasUsage: fc.boolean(),
    hasCost: fc.boolean(),
    hasTarget: fc.boolean(),
    hasSavings: fc.boolean(),
    serviceTier: fc.option(fc.constantFrom("priority", "flex"), { nil: undefined }),
    furtherModel: fc.option(fc.constantFrom("claude-opus-5", "__proto__"), { nil: undefined }),
    startedAtMs: fc.integer({ min: day, max: day + dayMs }),
  })
  .map((shape) => {
    const base = createTestRecord({ id: "x", user: shape.user, startedAtMs: shape.startedAtMs });
    const { savings, ...rest } = base;
    return {
      ...rest,
      ...(shape.hasSavings && savings !== undefined ? { savings } : {}),
      serviceTier: shape.serviceTier,
      notes: shape.notes,
      errorMessage: shape.message,
      firstByteMs: shape.firstByteMs === null ? null : Math.abs(shape.firstByteMs),
      usage: shape.hasUsage ? withFurtherModel(base.usage!, shape.furtherModel) : null,
      cost: shape.hasCost ? base.cost : null,
      target: shape.hasTarget ? base.target : null,
      plan: shape.hasTarget ? base.plan : null,
    };
  });
