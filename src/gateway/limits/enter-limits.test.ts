import assert from "node:assert/strict";
import { test } from "node:test";
import { noLimits } from "../../core/caller.ts";
import { createManualClock } from "../../core/time/clock.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import { enterLimits } from "./enter-limits.ts";
import { createMemoryLimits } from "./memory-limits.ts";
import { readCall } from "../request/read-call.ts";

function setUp(requestsPerMinute: number) {
  const clock = createManualClock(0);
  const limitRules = [{ ...noLimits, scope: "user", id: null, requestsPerMinute }] as const;
  const gateway = { clock, limits: createMemoryLimits(), limitRules };
  const caller = { user: "ada", team: null, tier: "gold", keyId: "k", allowedModels: null, limits: noLimits };
  const request = readCall(Buffer.from('{"model":"m","messages":[]}'));
  const begin = () => ({
    caller,
    request,
    dialect: "anthropic-messages" as const,
    storePatienceMs: 50,
    limited: null,
  });
  const isEntered = (call: ReturnType<typeof begin>): boolean => {
    try {
      enterLimits(gateway, call);
      return true;
    } catch (error) {
      assert.ok(error instanceof GatewayError && error.code === "policy_rate_limited");
      return false;
    }
  };
  return { clock, begin, isEntered };
}

test("a call whose body took long to come gives nobody more than the limit", () => {
  const { clock, begin, isEntered } = setUp(60);
  const slow = begin();
  clock.advanceMs(60_000);
  for (let time = 0; time < 60; time++) assert.equal(isEntered(begin()), true);
  assert.equal(isEntered(slow), false);
  assert.equal(isEntered(begin()), false);
  clock.advanceMs(1_000);
  assert.deepEqual([isEntered(begin()), isEntered(begin())], [true, false]);
});
