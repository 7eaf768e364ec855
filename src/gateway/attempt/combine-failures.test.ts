import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../core/errors/errors.ts";
import type { ErrorCode } from "../../core/errors/errors.ts";
import { combineFailures } from "./combine-failures.ts";
import type { OriginalError } from "../answer/original-error.ts";
import type { FailedAttempt } from "./attempt-outcome.ts";

const original: OriginalError = { status: 500, headers: {}, body: Buffer.from("as the provider wrote it") };

function failure(
  code: ErrorCode,
  model: string,
  { retryAfterSeconds, ...changes }: Partial<FailedAttempt> & { readonly retryAfterSeconds?: number } = {},
): FailedAttempt {
  return {
    target: { provider: "p", model },
    code,
    error: new GatewayError(code, `${model} is not well`, { retryAfterSeconds }),
    retryAfterMs: null,
    isRetryableHere: false,
    mayOtherKeyHelp: false,
    mayFailOver: true,
    providerStatus: 500,
    original,
    ...changes,
  };
}

test("failures of one target are told as the last of them, in the provider's words", () => {
  const [first, last] = [failure("provider_rate_limited", "a"), failure("provider_failed", "a")];
  assert.deepEqual(combineFailures([first, last]), { error: last.error, original });
});

test("a breaker that a call's own failure opens does not hide the failure", () => {
  const [first, opened] = [failure("provider_failed", "a"), failure("provider_circuit_open", "a", { original: null })];
  assert.deepEqual(combineFailures([first, opened]), { error: first.error, original });
  assert.equal(combineFailures([opened]).error, opened.error);
});

test("a failure that no other target could help is told alone", () => {
  const last = failure("provider_rejected_request", "b", { mayFailOver: false });
  assert.deepEqual(combineFailures([failure("provider_failed", "a"), last]), { error: last.error, original });
});

test("failures of several targets are told together, as a rate limit if one was, else as the last", () => {
  const limited = failure("provider_rate_limited", "a");
  const [failed, overloaded] = [failure("provider_failed", "b"), failure("provider_overloaded", "c")];
  const { error, original: kept } = combineFailures([failed, limited, overloaded]);
  assert.deepEqual([error.code, kept], ["provider_rate_limited", null]);
  assert.equal(
    error.message,
    "all 3 attempts failed. p/b: provider_failed: b is not well | p/a: provider_rate_limited: a is not well | " +
      "p/c: provider_overloaded: c is not well",
  );
  assert.equal(error.cause, overloaded.error);
  assert.equal(combineFailures([failed, overloaded]).error.code, "provider_overloaded");
});

test("a target that was not asked for want of money does not hide what became of the others", () => {
  for (const code of ["policy_budget_exceeded", "policy_budget_held", "dependency_budget_unreadable"] as const) {
    assert.equal(combineFailures([failure("provider_failed", "a"), failure(code, "b")]).error.code, "provider_failed");
    assert.equal(combineFailures([failure(code, "a"), failure(code, "b")]).error.code, code);
  }
});

test("the wait is the shortest that one of the targets asks for", () => {
  const waits = (...seconds: readonly (number | undefined)[]): number | undefined =>
    combineFailures(
      seconds.map((retryAfterSeconds, index) =>
        failure("provider_rate_limited", `m${index}`, retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ),
    ).error.retryAfterSeconds;
  assert.deepEqual([waits(9, undefined, 4, 7), waits(undefined, undefined)], [4, undefined]);
});

test("a plan without a target is told as such", () => {
  assert.equal(combineFailures([]).error.code, "router_no_target");
});
