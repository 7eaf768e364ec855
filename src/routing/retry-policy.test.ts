import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { errorTable } from "../core/errors/error-table.ts";
import type { ErrorCode } from "../core/errors/errors.ts";
import type { AttemptFailure } from "./retry-policy.ts";
import { nextStep } from "./retry-policy.ts";

const settings = { attemptsPerTarget: 3, baseDelayMs: 100, maxDelayMs: 1000, maxRetryAfterMs: 5000 };
const alone = { attemptsHere: 1, hasOtherCredential: false, hasOtherTarget: () => false, restMs: 0, leftMs: 60_000 };
const failed: AttemptFailure = {
  code: "provider_failed",
  retryAfterMs: null,
  isRetryableHere: true,
  mayOtherKeyHelp: false,
  mayFailOver: true,
};

test("delays double and stay within half to all of their step", () => {
  assert.deepEqual(nextStep(failed, alone, settings, 0), { kind: "retry", delayMs: 50 });
  assert.deepEqual(nextStep(failed, alone, settings, 1), { kind: "retry", delayMs: 100 });
  assert.deepEqual(nextStep(failed, { ...alone, attemptsHere: 2 }, settings, 1), { kind: "retry", delayMs: 200 });
});

test("after its attempts a target makes way for the next, or the call ends", () => {
  const used = { ...alone, attemptsHere: 3 };
  assert.equal(nextStep(failed, used, settings, 0).kind, "give-up");
  assert.equal(nextStep(failed, { ...used, hasOtherTarget: () => true }, settings, 0).kind, "next-target");
});

test("a rate-limited key makes way for another key at once", () => {
  const limited: AttemptFailure = {
    ...failed,
    code: "provider_rate_limited",
    retryAfterMs: 60_000,
    mayOtherKeyHelp: true,
  };
  assert.deepEqual(nextStep(limited, { ...alone, hasOtherCredential: true }, settings, 0), {
    kind: "retry",
    delayMs: 0,
  });
});

test("another key is no help against what is not the key's fault, nor is another try against what stays", () => {
  const withKey = { ...alone, hasOtherCredential: true };
  assert.deepEqual(nextStep(failed, withKey, settings, 1), { kind: "retry", delayMs: 100 });
  const lasting: AttemptFailure = { ...failed, isRetryableHere: false };
  assert.equal(nextStep(lasting, withKey, settings, 0).kind, "give-up");
  assert.equal(nextStep(lasting, { ...withKey, hasOtherTarget: () => true }, settings, 0).kind, "next-target");
  assert.equal(
    nextStep({ ...lasting, mayFailOver: false }, { ...alone, hasOtherTarget: () => true }, settings, 0).kind,
    "give-up",
  );
});

test("a short retry-after is waited for, a long one is passed on, another target beats both", () => {
  const limited = (retryAfterMs: number): AttemptFailure => ({
    ...failed,
    code: "provider_rate_limited",
    retryAfterMs,
  });
  assert.deepEqual(nextStep(limited(3000), alone, settings, 0), { kind: "retry", delayMs: 3000 });
  assert.deepEqual(nextStep(limited(5000), alone, settings, 0), { kind: "retry", delayMs: 5000 });
  assert.equal(nextStep(limited(5001), alone, settings, 0).kind, "give-up");
  assert.equal(nextStep(limited(9000), alone, settings, 0).kind, "give-up");
  assert.equal(nextStep(limited(3000), { ...alone, hasOtherTarget: () => true }, settings, 0).kind, "next-target");
});

test("a wait that the call has no time left for is not begun: the next target's turn, or the provider's own error", () => {
  const limited: AttemptFailure = { ...failed, code: "provider_rate_limited", retryAfterMs: 3000 };
  for (const [failure, delayMs] of [
    [limited, 3000],
    [failed, 100],
  ] as const) {
    const at = (leftMs: number, hasOtherTarget: boolean): string =>
      nextStep(failure, { ...alone, hasOtherTarget: () => hasOtherTarget, leftMs }, settings, 1).kind;
    assert.deepEqual([at(delayMs + 1, false), at(delayMs, false), at(-1, false)], ["retry", "give-up", "give-up"]);
    assert.equal(at(delayMs, true), "next-target");
  }
});

test("a retry-after of nothing, or of a moment gone by, is a failure like any: spread, and at this target first", () => {
  const limited: AttemptFailure = { ...failed, code: "provider_rate_limited", retryAfterMs: 0 };
  const unsaid: AttemptFailure = { ...limited, retryAfterMs: null };
  for (const situation of [alone, { ...alone, hasOtherTarget: () => true }]) {
    assert.deepEqual(nextStep(limited, situation, settings, 0.5), nextStep(unsaid, situation, settings, 0.5));
  }
});

test("a key that rests is waited for where the provider named no time, unless another target is there", () => {
  const limited: AttemptFailure = { ...failed, code: "provider_rate_limited", mayOtherKeyHelp: true };
  assert.deepEqual(nextStep(limited, { ...alone, restMs: 1000 }, settings, 0), { kind: "retry", delayMs: 1000 });
  const told = { ...limited, retryAfterMs: 2000 };
  assert.deepEqual(nextStep(told, { ...alone, restMs: 3000 }, settings, 0), { kind: "retry", delayMs: 3000 });
  assert.equal(nextStep(limited, { ...alone, restMs: 9000 }, settings, 0).kind, "give-up");
  assert.equal(
    nextStep(limited, { ...alone, restMs: 1000, hasOtherTarget: () => true }, settings, 0).kind,
    "next-target",
  );
});

test("whether there is another target is not asked where the same one is tried again anyway", () => {
  const hasOtherTarget = (): never => assert.fail("asked");
  assert.equal(nextStep(failed, { ...alone, hasOtherTarget }, settings, 0).kind, "retry");
  const limited: AttemptFailure = { ...failed, mayOtherKeyHelp: true };
  assert.equal(nextStep(limited, { ...alone, hasOtherCredential: true, hasOtherTarget }, settings, 0).kind, "retry");
  const own: AttemptFailure = { ...failed, isRetryableHere: false, mayFailOver: false };
  assert.equal(nextStep(own, { ...alone, hasOtherTarget }, settings, 0).kind, "give-up");
});

test("no step ever fails over what must not, and every delay is bounded", () => {
  const codes = Object.keys(errorTable) as ErrorCode[];
  fc.assert(
    fc.property(
      fc.record({
        code: fc.constantFrom(...codes),
        retryAfterMs: fc.option(fc.nat(100_000)),
        isRetryableHere: fc.boolean(),
        mayOtherKeyHelp: fc.boolean(),
        mayFailOver: fc.boolean(),
      }),
      fc.record({
        attemptsHere: fc.integer({ min: 1, max: 10 }),
        hasOtherCredential: fc.boolean(),
        hasOtherTarget: fc.boolean().map((has) => () => has),
        restMs: fc.nat(100_000),
        leftMs: fc.integer({ min: -1_000, max: 100_000 }),
      }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failure, situation, random) => {
        const step = nextStep(failure, situation, settings, random);
        if (step.kind === "next-target") assert.ok(failure.mayFailOver && situation.hasOtherTarget());
        if (step.kind === "retry") assert.ok(step.delayMs >= 0 && step.delayMs <= settings.maxRetryAfterMs);
      },
    ),
  );
});
