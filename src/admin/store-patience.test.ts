import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../core/time/clock.ts";
import { GatewayError } from "../core/errors/errors.ts";
import { withStorePatience } from "./store-patience.ts";
import type { AdminAnswer, AdminRequest, AdminRoute } from "./admin-route.ts";

/** Asks a route whose store fails `failures` times, half a second each, with `error`. */
async function ask(method: AdminRoute["method"], failures: number, error: Error) {
  const clock = createManualClock(0);
  let asked = 0;
  const handle = (): AdminAnswer => {
    if (++asked > failures) return { status: 200, body: "well" };
    clock.advanceMs(500);
    throw error;
  };
  const [route] = withStorePatience([{ method, path: "/api/budgets", access: "admin", handle }], clock);
  const answer = await Promise.resolve()
    .then(() => route!.handle({} as AdminRequest, {}))
    .then(
      ({ status }) => status,
      (failure: unknown) => failure,
    );
  return { answer, asked: () => asked };
}

const away = new GatewayError("dependency_store_unreachable", "Redis does not answer within 50 ms");

test("a store that is back within three seconds is no error", async () => {
  const { answer, asked } = await ask("GET", 2, away);
  assert.deepEqual([answer, asked()], [200, 3]);
});

test("a store that stays away is asked for three seconds at most; the answer is 503 and says when to come again", async () => {
  const { answer, asked } = await ask("GET", 1_000, away);
  assert.ok(answer instanceof GatewayError);
  assert.deepEqual([answer.status, answer.message, answer.retryAfterSeconds], [503, away.message, 5]);
  assert.equal(asked(), 6);
});

test("a change is not made twice, and a defect is not asked again", async () => {
  assert.deepEqual((await ask("PUT", 1, away)).asked(), 1);
  const defect = new TypeError("a defect");
  const { answer, asked } = await ask("GET", 1, defect);
  assert.deepEqual([answer, asked()], [defect, 1]);
});
