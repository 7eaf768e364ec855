import assert from "node:assert/strict";
import { test } from "node:test";
import { dayMs } from "../../core/durations.ts";
import { createLedgerReader } from "./reader.ts";

test("what a budget's window has spent is summed without all else that reports want", async () => {
  const asked: string[] = [];
  const reader = createLedgerReader((sql) => {
    asked.push(sql);
    return Promise.resolve([{ cost_nano_usd: 7 }]);
  });
  assert.equal(await reader.spent({ fromMs: 0, toMs: 30 * dayMs, filter: { user: "ada" } }), 7n);
  assert.equal(asked.length, 1);
  assert.deepEqual([...new Set(asked[0]!.match(/(?<=SUM\()\w+/g))], ["cost_nano_usd"]);
});
