/** What calls are charged that end early, and those that only count. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startLocalRouter } from "../kit/local-router.ts";
import { openStream } from "../kit/sse-client.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { adaKey, clientOf, moneySettings, startMoneyRouter, startProvider } from "./money-router.ts";

interface Records {
  readonly records: readonly {
    readonly costUsd: number | null;
    readonly outcome: string;
    readonly isUsageEstimated: boolean;
    readonly uncachedInputTokens: number;
    readonly outputTokens: number;
  }[];
}

test("a stream that its client leaves is charged for what came, by estimate; so is a call left before its answer", async (t) => {
  const { provider, router, askJson } = await startMoneyRouter(t);
  provider.behave({ tokensPerSecond: 200, answerTokens: 2000 });
  const body = {
    model: "claude-sonnet-4-5",
    max_tokens: 2000,
    stream: true,
    messages: [{ role: "user", content: "Tell me" }],
  };
  const stream = await openStream(`${router.url}/v1/messages`, body, { "x-api-key": adaKey });
  await waitUntil("some of it is here", () => stream.events.length > 20);
  stream.leave();
  const first = await waitUntil(
    "it is recorded",
    async () => (await askJson<Records>("/api/costs/records")).records[0],
  );
  assert.deepEqual([first.outcome, first.isUsageEstimated], ["aborted", true]);
  assert.ok(first.outputTokens >= 10 && first.outputTokens < 2000, String(first.outputTokens));
  assert.ok((first.costUsd ?? 0) >= (first.outputTokens * 10) / 1e6);

  provider.behave({ firstTokenMs: 60_000 });
  const leaving = new AbortController();
  const pending = fetch(`${router.url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": adaKey },
    body: JSON.stringify({ ...body, stream: false }),
    signal: leaving.signal,
  }).catch(() => undefined);
  await waitUntil("the provider has it", () => provider.counts().requests === 2);
  leaving.abort();
  await pending;
  const second = await waitUntil("it is recorded", async () => {
    const { records } = await askJson<Records>("/api/costs/records");
    return records.length === 2 && records[0];
  });
  assert.deepEqual([second.outcome, second.isUsageEstimated, second.outputTokens], ["aborted", true, 0]);
  assert.ok(second.uncachedInputTokens > 0 && (second.costUsd ?? 0) > 0);
});

test("a call that its client leaves before a connection took it costs nothing", async (t) => {
  const provider = await startProvider(t);
  const sim = { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "secret", maxSockets: 1 };
  const router = await startLocalRouter(t, moneySettings(provider, { providers: { sim } }));
  const { ask, askJson } = clientOf(router.url);
  provider.behave({ fault: { kind: "hang" } });
  const leaving = new AbortController();
  const call = (): Promise<unknown> =>
    fetch(`${router.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": adaKey },
      body: JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] }),
      signal: leaving.signal,
    }).catch(() => undefined);
  const calls = [call(), call()];
  await waitUntil("one waits for the other's connection", async () =>
    (await (await ask("/metrics")).text()).includes('ccr_upstream_queued{provider="sim"} 1'),
  );
  leaving.abort();
  await Promise.all(calls);
  const records = await waitUntil("both are recorded", async () => {
    const { records: found } = await askJson<Records>("/api/costs/records");
    return found.length === 2 && found;
  });
  assert.equal(provider.counts().requests, 1);
  assert.equal(records.filter(({ costUsd }) => (costUsd ?? 0) > 0).length, 1);
});

test("counting tokens is recorded and costs nothing", async (t) => {
  const { router, askJson } = await startMoneyRouter(t);
  await fetch(`${router.url}/v1/messages/count_tokens`, {
    method: "POST",
    headers: { "x-api-key": adaKey },
    body: JSON.stringify({ model: "claude-sonnet-4-5", messages: [{ role: "user", content: "How many?" }] }),
  });
  const [record] = await waitUntil("it is recorded", async () => {
    const { records } = await askJson<Records>("/api/costs/records");
    return records.length === 1 && records;
  });
  assert.equal(record?.costUsd, null);
});
