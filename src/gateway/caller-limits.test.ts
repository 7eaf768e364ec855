import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller, CallerLimits } from "../core/caller.ts";
import { noLimits } from "../core/caller.ts";
import { GatewayError } from "../core/errors.ts";
import { createCallerLimiter } from "./caller-limits.ts";

function callerWith(limits: Partial<CallerLimits>): Caller {
  return {
    user: "ana",
    team: null,
    tier: "standard",
    keyId: "key_1",
    allowedModels: null,
    limits: { ...noLimits, ...limits },
  };
}

function codeOf(run: () => void): { code: string; retryAfterSeconds: number | undefined } | null {
  try {
    run();
    return null;
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return { code: error.code, retryAfterSeconds: error.retryAfterSeconds };
  }
}

test("requests beyond the minute's limit wait until the bucket has filled again", () => {
  const limiter = createCallerLimiter();
  const caller = callerWith({ requestsPerMinute: 2 });
  limiter.enter(caller, 0);
  limiter.enter(caller, 0);
  assert.deepEqual(
    codeOf(() => limiter.enter(caller, 0)),
    { code: "policy_rate_limited", retryAfterSeconds: 30 },
  );
  limiter.enter(caller, 30_000);
});

test("tokens are taken after the call, and a debt is waited out", () => {
  const limiter = createCallerLimiter();
  const caller = callerWith({ tokensPerMinute: 600 });
  limiter.enter(caller, 0);
  limiter.leave(caller, 1200, 0);
  assert.equal(codeOf(() => limiter.enter(caller, 0))?.code, "policy_rate_limited");
  limiter.enter(caller, 61_000);
});

test("calls at once are counted until they leave", () => {
  const limiter = createCallerLimiter();
  const caller = callerWith({ concurrentCalls: 1 });
  limiter.enter(caller, 0);
  assert.equal(codeOf(() => limiter.enter(caller, 0))?.code, "policy_concurrency_limited");
  limiter.leave(caller, 0, 0);
  limiter.enter(caller, 0);
});

test("a clock that goes back gives nothing and takes nothing", () => {
  const limiter = createCallerLimiter();
  const caller = callerWith({ requestsPerMinute: 1 });
  limiter.enter(caller, 60_000);
  assert.equal(codeOf(() => limiter.enter(caller, 0))?.code, "policy_rate_limited");
});
