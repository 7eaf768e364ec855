/** Which failures open a circuit breaker, whom it keeps away, and what closes it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { startLocalRouter } from "../kit/local-router.ts";
import { openStream } from "../kit/sse-client.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { post, question, simulate, startPair } from "./provider-pair.ts";

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

  test("makes a fail-over and an error of its provider of each call that it keeps away, whose account names the target", async (t) => {
    const { first, router } = await startPair(t, { breaker: { failureThreshold: 2, openMs: 600_000 } });
    first.behave({ fault: { kind: "status", status: 500 } });
    let id: string | null = null;
    for (let call = 0; call < 5; call++) {
      const answer = await post(router, { model: "m", ...question });
      await answer.arrayBuffer();
      id = answer.headers.get("x-ccr-request-id");
    }
    const metrics = (await (await fetch(`${router.url}/metrics`)).text()).split("\n");
    for (const name of ["ccr_failovers_total", "ccr_provider_errors_total"]) {
      for (const [code, count] of [
        ["provider_failed", 2],
        ["provider_circuit_open", 3],
      ] as const) {
        assert.ok(metrics.includes(`${name}{provider="first",error_type="${code}"} ${count}`), `${name} ${code}`);
      }
    }
    let passedOver: unknown;
    await waitUntil("the ledger has the call", async () => {
      const answer = await fetch(`${router.url}/api/calls/${id}`);
      const { record } = (await answer.json()) as { record?: { passedOver: unknown } };
      passedOver = record?.passedOver;
      return answer.ok;
    });
    const message = "first/claude-sonnet-4-5: its circuit breaker is open (2 failures in a row)";
    const target = { provider: "first", model: "claude-sonnet-4-5" };
    assert.deepEqual(passedOver, [{ target, errorCode: "provider_circuit_open", message, afterAttempts: 0 }]);
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

describe("a call that has no target but those with an open breaker", () => {
  const breaker = { failureThreshold: 2, openMs: 60_000, halfOpenProbes: 1 };

  /** A pair with both breakers open, on a clock that goes on when it is told to. */
  async function startOpened(t: TestContext): ReturnType<typeof startPair> {
    const pair = await startPair(t, { breaker });
    for (const provider of [pair.first, pair.second]) provider.behave({ fault: { kind: "status", status: 500 } });
    for (let call = 0; call < 2; call++) await (await post(pair.router, { model: "m", ...question })).arrayBuffer();
    return pair;
  }

  function stopClock(t: TestContext): (ms: number) => void {
    let nowMs = Date.now();
    t.mock.method(Date, "now", () => nowMs);
    return (ms) => void (nowMs += ms);
  }

  test("is told to wait for a second, then is the probe, and two seconds later after one that failed", async (t) => {
    const pass = stopClock(t);
    const { first, second, router } = await startOpened(t);
    const only = { model: "first/claude-sonnet-4-5", ...question };
    const expect = async (status: number, retryAfter: string | null, requests: number): Promise<void> => {
      const answer = await post(router, only);
      await answer.arrayBuffer();
      assert.deepEqual([answer.status, answer.headers.get("retry-after")], [status, retryAfter]);
      assert.equal(first.requests.length, requests);
    };
    await expect(503, "1", 2);
    pass(1_000);
    await expect(500, null, 3);
    await expect(503, "2", 3);
    first.resetBehaviour();
    pass(2_000);
    await expect(200, null, 4);
    assert.equal(second.requests.length, 2);
  });

  test("tries them in their order, and passes over those that rest", async (t) => {
    const pass = stopClock(t);
    const { second, router } = await startOpened(t);
    pass(1_000);
    second.resetBehaviour();
    const answer = await post(router, { model: "m", ...question });
    await answer.arrayBuffer();
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
    const states = (await (await fetch(`${router.url}/debug/circuit-breakers`)).json()) as { reason: string | null }[];
    assert.deepEqual(
      states.map(({ reason }) => reason),
      ["its probe failed", null],
    );
  });

  test("has another one while that has none: no early probe is sent", async (t) => {
    const pass = stopClock(t);
    const { first, second, router } = await startPair(t, { breaker });
    first.behave({ fault: { kind: "status", status: 500 } });
    for (let call = 0; call < 2; call++) await (await post(router, { model: "m", ...question })).arrayBuffer();
    pass(59_000);
    second.behave({ fault: { kind: "status", status: 500 } });
    await (await post(router, { model: "m", ...question })).arrayBuffer();
    assert.equal(first.requests.length, 2);
  });

  test("or one that cannot do what it asks for: it is no wrong request, and an early probe", async (t) => {
    const pass = stopClock(t);
    const { first, router } = await startOpened(t);
    const servers = { mcp_servers: [{ type: "url", url: "https://mcp.example", name: "tools" }] };
    const body = JSON.stringify({ model: "m", ...servers, ...question });
    const headers = { "anthropic-beta": "mcp-client-2025-11-20" };
    const ask = async (): Promise<number> => {
      const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", headers, body });
      await answer.arrayBuffer();
      return answer.status;
    };
    assert.equal(await ask(), 503);
    pass(1_000);
    assert.equal(await ask(), 500);
    first.resetBehaviour();
    pass(2_000);
    assert.equal(await ask(), 200);
  });

  test("goes with another key each time it is the probe, however many calls were kept away between", async (t) => {
    const pass = stopClock(t);
    const provider = await simulate(t, "anthropic");
    provider.behave({ fault: { kind: "status", status: 500 } });
    const router = await startLocalRouter(t, {
      providers: { only: { kind: "anthropic", baseUrl: provider.baseUrl, keys: ["a", "b"] } },
      retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
      breaker,
    });
    const call = async (): Promise<void> => {
      await (await post(router, { model: "only/claude-sonnet-4-5", ...question })).arrayBuffer();
    };
    for (let calls = 0; calls < 2; calls++) await call();
    for (const restMs of [1_000, 2_000]) {
      await call();
      pass(restMs);
      await call();
    }
    const used = provider.requests.map(({ headers }) => headers["x-api-key"]);
    assert.deepEqual(used, ["a", "b", "a", "b"]);
  });
});
