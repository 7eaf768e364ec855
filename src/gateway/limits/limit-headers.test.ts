import assert from "node:assert/strict";
import { test } from "node:test";
import { limitError, limitHeaders } from "./limit-headers.ts";
import { limitOf } from "./limit-store.conformance.ts";
import type { LimitState } from "./limit-store.ts";
import type { Limit } from "./limits-for.ts";

const nowMs = Date.UTC(2026, 10, 20, 12);

function stateOf(about: Partial<Limit>, requestsLeft: number, tokensLeft: number): LimitState {
  return { limit: limitOf(about), requestsLeft, tokensLeft };
}

test("each dialect has its own headers for what is left, and for when all is there again", () => {
  const states = [stateOf({ requestsPerMinute: 60, tokensPerMinute: 6_000 }, 39.9, 1_500)];
  assert.deepEqual(limitHeaders("anthropic-messages", states, nowMs, nowMs), {
    "anthropic-ratelimit-requests-limit": "60",
    "anthropic-ratelimit-requests-remaining": "39",
    "anthropic-ratelimit-requests-reset": "2026-11-20T12:00:21Z",
    "anthropic-ratelimit-tokens-limit": "6000",
    "anthropic-ratelimit-tokens-remaining": "1500",
    "anthropic-ratelimit-tokens-reset": "2026-11-20T12:00:45Z",
  });
  assert.deepEqual(limitHeaders("openai-chat", states, nowMs, nowMs), {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "39",
    "x-ratelimit-reset-requests": "20.1s",
    "x-ratelimit-limit-tokens": "6000",
    "x-ratelimit-remaining-tokens": "1500",
    "x-ratelimit-reset-tokens": "45s",
  });
});

test("spans are written as OpenAI writes them", () => {
  const spanAt = (left: number): string | undefined =>
    limitHeaders("openai-chat", [stateOf({ requestsPerMinute: 60_000 }, left, 0)], nowMs, nowMs)[
      "x-ratelimit-reset-requests"
    ];
  const spans = [60_000, 59_999, 59_001, 59_000, 57_950, 1, 0].map(spanAt);
  assert.deepEqual(spans, ["0s", "1ms", "999ms", "1s", "2.1s", "60s", "1m0s"]);
  const inDebt = limitHeaders("openai-chat", [stateOf({ requestsPerMinute: 60_000 }, -35_000, 0)], nowMs, nowMs);
  assert.equal(inDebt["x-ratelimit-reset-requests"], "1m35s");
});

test("an answer that comes later tells the same instant as the time to fill, and what is left of the span", () => {
  const states = [stateOf({ requestsPerMinute: 60 }, 40, 0)];
  const reset = (dialect: "anthropic-messages" | "openai-chat", laterMs: number): string | undefined => {
    const headers = limitHeaders(dialect, states, nowMs, nowMs + laterMs);
    return headers["anthropic-ratelimit-requests-reset"] ?? headers["x-ratelimit-reset-requests"];
  };
  assert.equal(reset("anthropic-messages", 15_000), "2026-11-20T12:00:20Z");
  assert.deepEqual([reset("openai-chat", 15_000), reset("openai-chat", 90_000)], ["5s", "0s"]);
});

test("of several limits the one with the smallest share left is told, requests and tokens apart", () => {
  const states = [
    stateOf({ requestsPerMinute: 100, tokensPerMinute: 1_000 }, 50, 100),
    stateOf({ scope: "all", id: "", concurrentCalls: 1 }, 0, 0),
    stateOf({ scope: "team", id: "t", requestsPerMinute: 10, tokensPerMinute: 100 }, 4, 90),
  ];
  for (const order of [states, states.toReversed()]) {
    const headers = limitHeaders("openai-chat", order, nowMs, nowMs);
    assert.deepEqual([headers["x-ratelimit-limit-requests"], headers["x-ratelimit-limit-tokens"]], ["10", "1000"]);
  }
});

test("without a limit a minute there is nothing to tell", () => {
  assert.deepEqual(limitHeaders("openai-chat", [], nowMs, nowMs), {});
  assert.deepEqual(limitHeaders("openai-chat", [stateOf({ concurrentCalls: 1 }, 0, 0)], nowMs, nowMs), {});
});

test("a refusal says whose limit it is, how much it allows and when to come again", () => {
  const by = limitOf({ scope: "team", id: "web", requestsPerMinute: 6, tokensPerMinute: 600, concurrentCalls: 3 });
  const states = [{ limit: by, requestsLeft: 0, tokensLeft: 0 }];
  const refusal = (what: "calls" | "requests" | "tokens", waitMs: number, limit = by) => {
    const { code, message, retryAfterSeconds, headers } = limitError(
      "anthropic-messages",
      { kind: "refused", by: limit, what, waitMs, states },
      nowMs,
    );
    assert.deepEqual(headers, limitHeaders("anthropic-messages", states, nowMs, nowMs));
    return [code, message, retryAfterSeconds];
  };
  assert.deepEqual(refusal("requests", 1_001), [
    "policy_rate_limited",
    "team web: the limit of 6 requests a minute is reached; try again in 2 s",
    2,
  ]);
  assert.deepEqual(refusal("tokens", 0), [
    "policy_rate_limited",
    "team web: the limit of 600 tokens a minute is reached; try again in 1 s",
    1,
  ]);
  assert.deepEqual(refusal("calls", 1_000, { ...by, scope: "all", id: "" }), [
    "policy_concurrency_limited",
    "everyone together: 3 calls are in flight, the limit allows no more",
    1,
  ]);
});
