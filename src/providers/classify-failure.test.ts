/** What follows from a provider's error answer, and from an error inside an answer. */
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { errorTable } from "../core/errors/error-table.ts";
import type { ErrorCode } from "../core/errors/errors.ts";
import { classifyStreamedError, toFailureError } from "./classify-failure.ts";
import { classify, openai } from "./test-error-answer.ts";

describe("a provider's error answer", () => {
  test("that the request caused goes nowhere else; one that the provider caused does", () => {
    const rejected = classify(400, openai("Unsupported value"));
    assert.deepEqual([rejected.isRetryableHere, rejected.mayOtherKeyHelp, rejected.mayFailOver], [false, false, false]);
    const failed = classify(500, "");
    assert.deepEqual([failed.isRetryableHere, failed.mayOtherKeyHelp, failed.mayFailOver], [true, false, true]);
    const limited = classify(429, "");
    assert.deepEqual([limited.isRetryableHere, limited.mayOtherKeyHelp, limited.mayFailOver], [true, true, true]);
    const tooLarge = classify(413, "");
    assert.deepEqual([tooLarge.isRetryableHere, tooLarge.mayOtherKeyHelp, tooLarge.mayFailOver], [false, false, true]);
    const refused = classify(401, "");
    assert.equal(refused.providerStatus, 401);
    assert.deepEqual([refused.isRetryableHere, refused.mayOtherKeyHelp, refused.mayFailOver], [false, true, true]);
  });

  test("of a moment is tried again at the same place, one of a key with another key", () => {
    for (const status of [503, 504, 529]) {
      const { isRetryableHere, mayOtherKeyHelp } = classify(status, "");
      assert.deepEqual([isRetryableHere, mayOtherKeyHelp], [true, false], String(status));
    }
    for (const status of [402, 403]) {
      const { isRetryableHere, mayOtherKeyHelp } = classify(status, "");
      assert.deepEqual([isRetryableHere, mayOtherKeyHelp], [false, true], String(status));
    }
  });

  test("after which the provider asks for no other try is tried with another key or elsewhere alone, and the client hears of it", () => {
    const failure = classify(429, "", { "x-should-retry": "false" });
    assert.deepEqual([failure.isRetryableHere, failure.mayOtherKeyHelp, failure.mayFailOver], [false, true, true]);
    assert.deepEqual(toFailureError(failure).headers, { "x-should-retry": "false" });
    const other = classify(429, "", { "x-should-retry": "true" });
    assert.equal(other.isRetryableHere, true);
    assert.deepEqual(toFailureError(other).headers, {});
  });

  test("after which the provider asks for another try is told so to the client where its status says otherwise, but of keys", () => {
    const asking = { "x-should-retry": "true" };
    for (const status of [400, 404, 413, 422])
      assert.deepEqual(toFailureError(classify(status, "", asking)).headers, asking, String(status));
    for (const status of [401, 402, 403, 529])
      assert.deepEqual(toFailureError(classify(status, "", asking)).headers, {}, String(status));
  });

  test("that is a proxy's on the way says nothing of the request and of the key", () => {
    const failure = classify(407, "");
    assert.deepEqual(
      [failure.code, failure.mayOtherKeyHelp, failure.mayFailOver],
      ["provider_unreachable", false, true],
    );
    assert.match(failure.message, /proxy .* password/);
  });

  test("keeps the provider's words and status for the client", () => {
    const failure = classify(422, JSON.stringify({ detail: "temperature: too hot" }));
    assert.equal(failure.message, "temperature: too hot");
    assert.equal(toFailureError(failure).status, 422);
    assert.equal(classify(500, "").message, "The provider answered with status 500 and no explanation.");
  });

  test("has the status of its meaning, unless the request is at fault", () => {
    for (const [status, code] of [
      [500, "provider_failed"],
      [401, "provider_rejected_credentials"],
      [404, "provider_model_not_found"],
    ] as const) {
      assert.equal(toFailureError(classify(status, "")).status, errorTable[code].status);
    }
  });

  test("that redirects says where to", () => {
    assert.match(classify(301, "", { location: "https://x.test/" }).message, /redirects to https:\/\/x\.test\/: check/);
    assert.match(classify(301, "").message, /redirects: check/);
  });

  test("carries the wait that the provider asks for", () => {
    const failure = classify(429, "", { "retry-after": "2.5" });
    assert.equal(failure.retryAfterMs, 2_500);
    assert.equal(toFailureError(failure).retryAfterSeconds, 3);
    assert.equal(toFailureError(classify(429, "")).retryAfterSeconds, undefined);
    assert.equal(toFailureError(classify(429, "", { "retry-after": "3" })).retryAfterSeconds, 3);
  });

  test("about a prompt that does not fit carries the sizes, in the words that clients know", () => {
    const failure = classify(
      400,
      openai("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."),
    );
    assert.equal(failure.message, "prompt is too long: 9000 tokens > 8192 maximum");
    assert.equal(failure.status, 400);
  });

  test("that is larger than a minute's tokens is not tried again at the same place", () => {
    const failure = classify(413, openai("Request too large: tokens per minute", "tokens", "rate_limit_exceeded"));
    assert.equal(failure.isRetryableHere, false);
    assert.equal(failure.mayFailOver, true);
  });

  test("of any status and bytes gets a code of the table", () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), fc.string({ unit: "binary" }), (status, body) => {
        assert.ok(classify(status, body).code in errorTable);
      }),
    );
  });
});

test("an error inside an answer of status 200 means what its type says", () => {
  const streamed = (type: string | null, message = "x", status: number | null = null): ErrorCode =>
    classifyStreamedError({ type, message, status }).code;
  assert.equal(streamed("overloaded_error"), "provider_overloaded");
  assert.equal(streamed("rate_limit_exceeded"), "provider_rate_limited");
  assert.equal(streamed("RESOURCE_EXHAUSTED"), "provider_rate_limited");
  assert.equal(streamed("insufficient_quota"), "provider_out_of_credit");
  assert.equal(streamed("server_error"), "provider_failed");
  for (const type of ["UNAVAILABLE", "server_is_overloaded", "slow_down"])
    assert.equal(streamed(type), "provider_overloaded", type);
  assert.equal(streamed("invalid_request_error"), "provider_rejected_request");
  assert.equal(
    streamed("invalid_request_error", "prompt is too long: 3 tokens > 2 maximum"),
    "caller_context_overflow",
  );
  assert.equal(streamed(null), "provider_failed");
  assert.equal(streamed(null, "x", 502), "provider_failed");
  assert.equal(streamed("constructor"), "provider_failed");
  assert.equal(streamed("context_length_exceeded"), "caller_context_overflow");
  const limit = { type: "rate_limit_exceeded", message: "Please try again in 11.054s.", status: null };
  assert.deepEqual(
    [classifyStreamedError(limit).retryAfterMs, classifyStreamedError({ ...limit, message: "x" }).retryAfterMs],
    [11_054, null],
  );
});
