import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CallRecord } from "../../../core/record.ts";
import { callColumns, recordFromRow, rowFromRecord } from "../row.ts";
import { lineFromRow, linesFromRecords, rowFromLine } from "./row-line.ts";
import { createTestRecord } from "../test-record.ts";

/** A record whose texts are whatever a client, a provider or an operator writes. */
const anyRecord: fc.Arbitrary<CallRecord> = fc
  .record({
    askedModel: fc.string({ unit: "binary" }),
    errorMessage: fc.option(
      fc.string({ unit: fc.constantFrom("\t", "\n", '"', "\\", "\0", "u0000", "]", "}", "ä", "漢") }),
    ),
    notes: fc.array(fc.string({ unit: "binary" })),
    durationMs: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
    isStreaming: fc.boolean(),
  })
  .map((fields) => ({ ...createTestRecord({ id: "req_1" }), ...fields }));

test("calls of a session that differ in one thing have lines of their own", () => {
  const usual = createTestRecord({ id: "req_1" });
  const { plan, target } = usual;
  // Its key is called as its session: what stands for a call without one.
  const base = { ...usual, caller: { ...usual.caller, keyId: usual.client.sessionId! } };
  const others: readonly Partial<CallRecord>[] = [
    { caller: { ...base.caller, user: "bo" } },
    { caller: { ...base.caller, team: null } },
    { caller: { ...base.caller, tier: "other" } },
    { caller: { ...base.caller, keyId: "other" } },
    { client: { ...base.client, sessionId: null } },
    { endpoint: "chat-completions" },
    { dialect: "openai-chat" },
    { askedModel: "other" },
    { answeredModel: null },
    { plan: { ...plan!, rule: "other" } },
    { target: { ...target!, provider: "other" } },
    { target: { ...target!, model: "other" } },
  ];
  for (const other of others) {
    for (const record of [base, { ...base, ...other }]) {
      assert.deepEqual(rowFromLine(linesFromRecords([record]).slice(0, -1)), rowFromRecord(record));
    }
  }
});

test("a row comes out of its line as it went in, whatever its texts", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const row = rowFromRecord(record);
      const line = linesFromRecords([record]).slice(0, -1);
      assert.deepEqual(rowFromLine(line), row);
      assert.equal(lineFromRow(row), line);
      assert.doesNotMatch(line, /\n/);
      JSON.parse(line);
    }),
  );
});

test("NUL characters, which PostgreSQL refuses, are left out; a text that spells one is kept", () => {
  const record = { ...createTestRecord({ id: "req_1" }), askedModel: "a\0b", errorMessage: "c\0d \\u0000" };
  const row = rowFromLine(linesFromRecords([record]).slice(0, -1));
  const read = recordFromRow(Object.fromEntries(callColumns.map((name, index) => [name, row[index]])));
  assert.deepEqual([read.askedModel, read.errorMessage], ["ab", "cd \\u0000"]);
});

test("a line of an earlier version, a whole record in JSON, is read", () => {
  const record = createTestRecord({ id: "req_old" });
  assert.deepEqual(rowFromLine(JSON.stringify(record)), rowFromRecord(record));
});
