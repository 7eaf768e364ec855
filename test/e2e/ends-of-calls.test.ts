/** What a client that leaves and a router that stops do to calls. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openStream } from "../kit/sse-client.ts";
import { watchHeldUpTime } from "../kit/held-up-time.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { post, question, startPair } from "./provider-pair.ts";

describe("a client that leaves", () => {
  for (const [when, behaviour] of [
    ["in mid-stream", { tokensPerSecond: 50, answerTokens: 2000 }],
    ["before the headers", { fault: { kind: "hang" } }],
  ] as const) {
    test(`aborts the provider's request within 100 ms (${when})`, async (t) => {
      const { first, router } = await startPair(t);
      first.behave(behaviour);
      const leaving = new AbortController();
      const answer = fetch(`${router.url}/v1/messages`, {
        method: "POST",
        body: JSON.stringify({ model: "m", stream: true, ...question, max_tokens: 4000 }),
        signal: leaving.signal,
      }).then((response) => response.text());
      answer.catch(() => undefined);
      await waitUntil("the provider works on it", () => first.counts().running === 1);
      const heldUpMs = watchHeldUpTime(t);
      const leftAt = performance.now();
      leaving.abort();
      await waitUntil("the provider is told", () => first.counts().aborted === 1);
      const tookMs = performance.now() - leftAt - heldUpMs();
      assert.ok(tookMs < 100, `${tookMs} ms`);
    });
  }
});

describe("stopping", () => {
  test("calls in flight finish, and their streams are whole", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ tokensPerSecond: 200, answerTokens: 40 });
    const stream = await openStream(`${router.url}/v1/messages`, { model: "m", stream: true, ...question });
    await waitUntil("the stream has begun", () => stream.events.length > 1);
    await router.drain();
    assert.equal(await stream.ended, "whole");
    assert.equal(stream.events.at(-1)?.event, "message_stop");
    await assert.rejects(post(router, { model: "m", ...question }));
  });

  test("calls that last longer than the grace period end with an error event", async (t) => {
    const { first, router } = await startPair(t, { server: { gracePeriodMs: 50 } });
    first.behave({ tokensPerSecond: 20, answerTokens: 2000 });
    const body = { model: "m", stream: true, ...question, max_tokens: 4000 };
    const stream = await openStream(`${router.url}/v1/messages`, body);
    await waitUntil("the stream has begun", () => stream.events.length > 1);
    await router.drain();
    assert.equal(await stream.ended, "whole");
    assert.equal(stream.events.at(-1)?.event, "error");
    assert.match(stream.events.at(-1)!.data, /stopped/);
  });
});
