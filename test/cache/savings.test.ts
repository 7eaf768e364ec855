/** What a call that the cache serves would have cost, wherever that is not plain. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dialects } from "../../src/core/dialect.ts";
import { question, startCacheRouter } from "./cache-router.ts";

for (const provider of dialects) {
  test(`a call that joins an answer of ${provider} without counts saves what the leader's estimate cost`, async (t) => {
    const router = await startCacheRouter(t);
    router.providers[provider].behave({ firstTokenMs: 1_000, isUsageMissing: true });
    for (const isStreaming of [true, false]) {
      const asked = question(provider, provider, isStreaming, `Streamed: ${isStreaming}`);
      const answers = await Promise.all([1, 2].map(() => router.ask(provider, asked)));
      const records = await Promise.all(answers.map(({ callId }) => router.record(callId)));
      const [paid, joined] = [false, true].map((isJoined) =>
        records.find(({ cacheStatus }) => (cacheStatus === "joined") === isJoined),
      );
      assert.ok(paid!.cost!.nanoUsd > 0);
      assert.deepEqual(
        [joined!.cost!.nanoUsd, joined!.savings!.answerCache, joined!.isUsageEstimated, joined!.usage],
        [0, paid!.cost!.nanoUsd, true, paid!.usage],
      );
    }
  });
}

test("a kept answer of another tier of service saves the price of that tier", async (t) => {
  const price = { provider: "acme", model: "*", serviceTier: "flex", multiplier: 0.5 };
  const router = await startCacheRouter(t, { prices: { overrides: [price] } });
  const choice = { index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" };
  const usage = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 };
  router.providers["openai-chat"].replay({
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: "c", object: "chat.completion", service_tier: "flex", choices: [choice], usage }),
  });
  const asked = { ...question("openai-chat", "openai-chat", false), service_tier: "flex" };
  const [miss, hit] = [await router.ask("openai-chat", asked), await router.ask("openai-chat", asked)];
  const [paid, free] = [await router.record(miss.callId), await router.record(hit.callId)];
  // Half of 0.4 and 1.6 $ for a million.
  assert.deepEqual([miss.cache, hit.cache, paid.cost!.nanoUsd], ["miss", "hit", 280_000]);
  assert.deepEqual([free.savings!.answerCache, free.serviceTier], [280_000, "flex"]);
});

test("a kept answer without counts is no hit for callers that want them, nor in the figures", async (t) => {
  const router = await startCacheRouter(t);
  router.providers["openai-chat"].behave({ isUsageMissing: true });
  for (const isStreaming of [true, true, false]) {
    const { cache } = await router.ask("openai-chat", question("openai-chat", "openai-chat", isStreaming));
    assert.equal(cache, "miss");
  }
  const { l1 } = await router.stats();
  assert.deepEqual([l1.hits, l1.misses], [0, 3]);
});
