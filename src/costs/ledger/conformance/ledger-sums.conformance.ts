/** What every ledger promises of its sums: that they agree with the rows. */
import assert from "node:assert/strict";
import { dayMs, hourMs } from "../../../core/time/durations.ts";
import type { CallRecord } from "../../../core/record.ts";
import { day } from "./ledger-under-test.ts";
import type { LedgerPromise } from "./ledger-under-test.ts";
import { createTestRecord } from "../test-record.ts";

export function testLedgerSums(promise: LedgerPromise): void {
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
