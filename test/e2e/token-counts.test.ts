/** Counting tokens moves no session, and its failures keep no call from a provider. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startLocalRouter } from "../kit/local-router.ts";
import { post, question, simulate, startPair } from "./provider-pair.ts";

test("a session stays where it was answered, wherever its tokens were counted meanwhile", async (t) => {
  const [first, second] = [await simulate(t, "anthropic"), await simulate(t, "anthropic")];
  const router = await startLocalRouter(t, {
    providers: {
      first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a" },
      second: { kind: "anthropic", baseUrl: second.baseUrl, apiKey: "b" },
    },
    aliases: { m: ["first/claude-sonnet-4-5", "second/claude-haiku-4-5"] },
  });
  const asked = { ...question, model: "m", metadata: { user_id: JSON.stringify({ session_id: "one" }) } };
  first.behave({ fault: { kind: "overloaded" }, faultPaths: "all" });
  const counted = await post(router, asked, "/v1/messages/count_tokens");
  assert.equal(counted.headers.get("x-ccr-provider"), "second");
  first.resetBehaviour();
  const answer = await post(router, asked);
  assert.equal(answer.headers.get("x-ccr-provider"), "first");
});

for (const fault of [
  { kind: "status", status: 500 },
  { kind: "status", status: 401 },
  { kind: "rate-limit", retryAfterSeconds: 60 },
] as const) {
  const what = fault.kind === "status" ? fault.status : fault.kind;
  test(`a provider that fails to count tokens (${what}) is soon not asked for counts, and goes on to answer`, async (t) => {
    const { first, router } = await startPair(t, { breaker: { failureThreshold: 3 } });
    first.behave({ fault, faultPaths: "all" });
    for (let count = 0; count < 10; count++) {
      const counted = await post(router, { ...question, model: "m" }, "/v1/messages/count_tokens");
      assert.equal(counted.headers.get("x-ccr-estimated"), "true");
      assert.equal(counted.headers.get("request-id"), counted.headers.get("x-ccr-request-id"));
    }
    assert.equal(first.requests.length, 3);
    first.resetBehaviour();
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.headers.get("x-ccr-provider"), "first");
  });
}
