/** What a provider's rate limit does to a call, to its key and to other models. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startLocalRouter } from "../kit/local-router.ts";
import { post, question, simulate, startPair } from "./provider-pair.ts";

describe("before anything of an answer has come", () => {
  test("when all targets fail one error lists what was tried, with the earliest retry-after of a rate limit", async (t) => {
    const { first, second, router } = await startPair(t);
    first.behave({ fault: { kind: "rate-limit", retryAfterSeconds: 40 } });
    second.behave({ fault: { kind: "rate-limit", retryAfterSeconds: 20 } });
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), "20");
    const body = (await answer.json()) as { error: { type: string; message: string } };
    assert.equal(body.error.type, "rate_limit_error");
    assert.match(body.error.message, /first\/claude-sonnet-4-5.*second\/gpt-4\.1/);
  });

  test("a single target's rate limit passes with its retry-after", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ fault: { kind: "rate-limit", retryAfterSeconds: 40 } });
    const answer = await post(router, { model: "first/claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), "40");
    assert.equal(answer.headers.get("x-should-retry"), null);
  });

  test("a rate limit that lasts beyond the call's time passes at once, as the provider told it", async (t) => {
    const first = await simulate(t, "anthropic");
    const timeouts = { totalMs: 5_000 };
    const router = await startLocalRouter(t, {
      providers: { first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a", timeouts } },
    });
    first.behave({ fault: { kind: "rate-limit", retryAfterSeconds: 9 } });
    const answer = await post(router, { model: "claude-sonnet-4-5", ...question });
    assert.deepEqual([answer.status, answer.headers.get("retry-after"), first.requests.length], [429, "9", 1]);
  });

  test("a rate limit without a wait is tried again once the only key has rested, or goes to the next target at once", async (t) => {
    const { first, second, router } = await startPair(t, { retries: { attemptsPerTarget: 2, baseDelayMs: 1 } });
    first.behaveNext({ fault: { kind: "status", status: 429 } });
    const alone = await post(router, { model: "first/claude-sonnet-4-5", ...question });
    assert.equal(alone.status, 200);
    assert.equal(first.requests.length, 2);
    first.behaveNext({ fault: { kind: "status", status: 429 } });
    const elsewhere = await post(router, { model: "m", ...question });
    assert.equal(elsewhere.headers.get("x-ccr-provider"), "second");
    assert.deepEqual([first.requests.length, second.requests.length], [3, 1]);
  });

  test("a limited key makes way for another key of the same provider", async (t) => {
    const first = await simulate(t, "anthropic");
    const router = await startLocalRouter(t, {
      providers: {
        first: {
          kind: "anthropic",
          baseUrl: first.baseUrl,
          keys: [
            { name: "one", value: "k1" },
            { name: "two", value: "k2" },
          ],
        },
      },
    });
    first.behaveNext({ fault: { kind: "rate-limit", retryAfterSeconds: 60 } });
    const answer = await post(router, { model: "claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 200);
    const keys = first.requests.map((request) => request.headers["x-api-key"]);
    assert.equal(new Set(keys).size, 2);
  });

  test("a key that may not use a model makes way for the other at once, however small the other's share", async (t) => {
    const first = await simulate(t, "anthropic");
    const keys = [
      { name: "most", value: "k1", weight: 9 },
      { name: "few", value: "k2", weight: 1 },
    ];
    const router = await startLocalRouter(t, {
      providers: { first: { kind: "anthropic", baseUrl: first.baseUrl, keys } },
    });
    first.behaveNext({ fault: { kind: "status", status: 403 } });
    const answer = await post(router, { model: "claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 200);
    assert.deepEqual(
      first.requests.map(({ headers }) => headers["x-api-key"]),
      ["k1", "k2"],
    );
  });

  test("a model's rate limit keeps no call from another model of the same provider and key", async (t) => {
    const models = ["first/claude-opus-4-5", "first/claude-sonnet-4-5"];
    const { first, router } = await startPair(t, { aliases: { m: models } });
    first.behaveNext({ fault: { kind: "rate-limit", retryAfterSeconds: 60 } });
    const fallback = await post(router, { model: "m", ...question });
    assert.equal(fallback.headers.get("x-ccr-model"), "claude-sonnet-4-5");
    const [limited, other] = await Promise.all(models.map((model) => post(router, { model, ...question })));
    assert.deepEqual([limited!.status, other!.status, first.requests.length], [429, 200, 3]);
    assert.match(limited!.headers.get("retry-after")!, /^(60|59)$/);
    assert.match(await limited!.text(), /first: all its credentials are cooling down for claude-opus-4-5/);
  });
});
