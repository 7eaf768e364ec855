/** Which failures open a circuit breaker, and what closes it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openStream } from "../kit/sse-client.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { post, question, startPair } from "./provider-pair.ts";

describe("a circuit breaker", () => {
  test("keeps calls away from a target that failed often", async (t) => {
    const { first, router } = await startPair(t, { breaker: { failureThreshold: 2, openMs: 600_000 } });
    first.behave({ fault: { kind: "status", status: 500 } });
    for (let call = 0; call < 2; call++) await (await post(router, { model: "m", ...question })).arrayBuffer();
    assert.equal(first.requests.length, 2);
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
    assert.equal(first.requests.length, 2);
  });

  test("lets calls back to it when a probe succeeds", async (t) => {
    const { first, router } = await startPair(t, { breaker: { failureThreshold: 2, openMs: 50 } });
    first.behave({ fault: { kind: "status", status: 500 } });
    for (let call = 0; call < 2; call++) await (await post(router, { model: "m", ...question })).arrayBuffer();
    first.resetBehaviour();
    await waitUntil("the first provider serves again", async () => {
      const again = await post(router, { model: "m", ...question });
      await again.arrayBuffer();
      return again.headers.get("x-ccr-provider") === "first";
    });
  });
});

test("a breaker opens at answers that begin well and then break off, as at any failures in a row", async (t) => {
  const { first, router } = await startPair(t, { breaker: { failureThreshold: 3 } });
  first.behave({ fault: { kind: "cut", afterFrames: 5 } });
  for (let call = 0; call < 3; call++) {
    const stream = await openStream(`${router.url}/v1/messages`, { model: "m", stream: true, ...question });
    await stream.ended;
  }
  const breakers = (await (await fetch(`${router.url}/debug/circuit-breakers`)).json()) as { reason: string }[];
  assert.equal(breakers[0]?.reason, "3 failures in a row");
});
