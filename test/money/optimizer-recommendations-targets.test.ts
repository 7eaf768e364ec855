/** What other targets and other hours would save, against a replay of the ledger. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dayMs, hourMs } from "../../src/core/time/durations.ts";
import type { CallRecord } from "../../src/core/record.ts";
import { recommendAlternativeTarget } from "../../src/optimization/recommendations/alternative-target.ts";
import { recommendBackgroundCalls } from "../../src/optimization/recommendations/background-calls.ts";
import { recommendPeakHours } from "../../src/optimization/recommendations/peak-hours.ts";
import {
  assertReproduced,
  call,
  chat,
  haiku,
  inputsOf,
  opus,
  ordinaryCalls,
  replay,
  startMs,
  withLedger,
} from "./recommendation-ledger.ts";

test("alternatives: the figure is the same tokens at the cheaper target of equal measured quality", async () => {
  const records = [
    ...ordinaryCalls(140),
    ...Array.from({ length: 60 }, (_, i) => call(startMs + i * hourMs, chat, {})),
  ];
  const measured = (value: number): { value: number; samples: number } => ({ value, samples: 80 });
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger, {
      qualityOf: ({ model }) => (model === chat.model ? measured(0.7) : measured(0.9)),
      otherTargets: [haiku],
    });
    const moved = (record: CallRecord): CallRecord =>
      record.target?.model === opus.model ? { ...record, target: haiku } : record;
    const found = recommendAlternativeTarget(inputs);
    assertReproduced(found, await replay(ledger, moved), inputs);
    assert.equal(found?.title, "Send the calls of anthropic/claude-opus-5 to anthropic/claude-haiku-4-5");
    // unmeasured, or measured worse: no advice
    assert.equal(recommendAlternativeTarget({ ...inputs, qualityOf: () => null }), null);
    assert.equal(
      recommendAlternativeTarget({ ...inputs, qualityOf: ({ model }) => measured(model === opus.model ? 0.9 : 0.87) }),
      null,
    );
  });
});

test("background calls: the figure is all of them at the target that proved itself", async () => {
  const asked = { askedModel: "claude-haiku-4-5" };
  const records = ordinaryCalls(100);
  for (let index = 0; index < 60; index++) {
    records.push(call(startMs + index * 3 * hourMs, opus, { uncachedInput: 900 + index }, asked));
    records.push(call(startMs + index * 3 * hourMs, haiku, { uncachedInput: 700 }, asked));
    // cheaper still, but it fails one time in five
    const outcome = index % 5 === 0 ? "error" : "success";
    records.push(call(startMs + index * hourMs, chat, { uncachedInput: 700 }, { ...asked, outcome }));
  }
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger);
    const moved = (record: CallRecord): CallRecord =>
      record.askedModel === asked.askedModel && record.target!.model !== haiku.model
        ? { ...record, target: haiku }
        : record;
    const found = recommendBackgroundCalls(inputs);
    assertReproduced(found, await replay(ledger, moved), inputs);
    assert.match(found?.title ?? "", /to anthropic\/claude-haiku-4-5$/);
  });
});

test("peak hours: the figure is calls that can wait, at the cheapest hour of their day", async () => {
  const records = ordinaryCalls(100);
  for (let index = 0; index < 120; index++) {
    const atMs = startMs + index * 2 * hourMs;
    records.push(call(atMs, chat, { uncachedInput: 50_000 }, { isStreaming: index % 3 === 0 }));
  }
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger);
    const later = (record: CallRecord): CallRecord => {
      if (record.isStreaming || record.target?.model !== chat.model || record.startedAtMs % dayMs >= 16 * hourMs) {
        return record;
      }
      return { ...record, startedAtMs: Math.floor(record.startedAtMs / dayMs) * dayMs + 20 * hourMs };
    };
    const found = recommendPeakHours(inputs);
    assertReproduced(found, await replay(ledger, later), inputs);
    assert.match(found?.description ?? "", /Cheapest from \(UTC\): 16:00\.$/);
  });
});

test("a price that has fallen since, and a dear tier of service, are no reason to wait or to go elsewhere", async () => {
  const records = Array.from({ length: 240 }, (_, index) => {
    const record = call(startMs + index * hourMs, index % 2 === 0 ? haiku : opus, {}, { isStreaming: false });
    return {
      ...record,
      askedModel: "claude-haiku-4-5",
      cost: { ...record.cost!, nanoUsd: record.cost!.nanoUsd * 100 },
    };
  });
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger, { qualityOf: () => ({ value: 0.9, samples: 80 }) });
    assert.equal(recommendPeakHours(inputs), null);
    for (const found of [recommendBackgroundCalls(inputs), recommendAlternativeTarget(inputs)]) {
      assert.match(found?.title ?? "", / to anthropic\/claude-haiku-4-5$/);
      assert.equal(found?.savedNanoUsd, 120 * 300 * (25 - 5) * 1_000);
    }
  });
});
