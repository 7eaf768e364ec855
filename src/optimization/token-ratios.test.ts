import assert from "node:assert/strict";
import { test } from "node:test";
import { zeroUsage } from "../core/usage.ts";
import { createTestRecord } from "../costs/ledger/test-record.ts";
import { estimateTokensFromBytes } from "./count-tokens.ts";
import { createTokenRatios } from "./token-ratios.ts";

const target = { provider: "openai", model: "gpt-5.2" };

function record(tokens: number, bytes = 100_000): ReturnType<typeof createTestRecord> {
  const usage = { ...zeroUsage, uncachedInput: tokens };
  return { ...createTestRecord({ id: "req_1" }), target, usage, requestBytes: bytes };
}

test("an unknown model counts as its family", () => {
  const expected = estimateTokensFromBytes(100_000, "gpt-5.2");
  assert.ok(Math.abs(createTokenRatios().tokensOf(100_000, "gpt-5.2") - expected) <= 1);
});

test("reported usage corrects the ratio of its model, and of no other", () => {
  const ratios = createTokenRatios();
  for (let call = 0; call < 200; call++) ratios.observe(record(40_000));
  assert.ok(Math.abs(ratios.tokensOf(50_000, "gpt-5.2") - 20_000) < 50);
  assert.ok(Math.abs(ratios.tokensOf(100_000, "gpt-5.1") - estimateTokensFromBytes(100_000, "gpt-5.1")) <= 1);
});

test("one prompt full of pictures moves the ratio by a twentieth of the way, nonsense not at all", () => {
  const ratios = createTokenRatios();
  const before = ratios.tokensOf(100_000, "gpt-5.2");
  ratios.observe(record(1));
  ratios.observe(record(1_000_000));
  ratios.observe({ ...record(90_000), isUsageEstimated: true });
  assert.equal(ratios.tokensOf(100_000, "gpt-5.2"), before);
  ratios.observe(record(5_000));
  assert.ok(ratios.tokensOf(100_000, "gpt-5.2") > before * 0.89);
});
