import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../core/clock.ts";
import { silentLogger } from "../core/logging.ts";
import { connectRedis, redisPatienceMs, withTimeLimit } from "./redis-connection.ts";

const never = (): Promise<never> => new Promise(() => undefined);

test("a command that is not answered fails after 50 ms; after three, for a moment nothing more is asked", async () => {
  const clock = createManualClock(0);
  let asked = 0;
  const ask = (): Promise<never> => {
    asked++;
    return never();
  };
  const client = withTimeLimit({ eval: ask, evalsha: ask }, clock);
  const together = [client.evalsha("sha", 0), client.eval("script", 0), client.evalsha("sha", 0)];
  for (const one of together) await assert.rejects(one, /did not answer within 50 ms/);
  await assert.rejects(client.evalsha("sha", 0), /just not answered/);
  assert.equal(asked, 3);
  clock.advanceMs(1_000);
  await assert.rejects(client.evalsha("sha", 0), /did not answer/);
  assert.equal(asked, 4);
});

test("an answer that lies unread behind a busy event loop counts", async () => {
  const clock = createManualClock(0);
  const { promise, resolve } = Promise.withResolvers<string>();
  const client = withTimeLimit({ eval: never, evalsha: () => promise }, clock);
  const answer = client.evalsha("sha", 0);
  setTimeout(() => setImmediate(() => resolve("late, but here")), redisPatienceMs - 10);
  const until = performance.now() + redisPatienceMs + 20;
  while (performance.now() < until);
  assert.equal(await answer, "late, but here");
});

test("a Redis that is not there delays neither the start nor a command", async () => {
  const startedMs = performance.now();
  const connection = await connectRedis("redis://127.0.0.1:1", createManualClock(0), silentLogger);
  try {
    assert.equal(connection.isUp(), false);
    await assert.rejects(connection.commands.evalsha("sha", 0));
    assert.ok(performance.now() - startedMs < 1_500);
  } finally {
    connection.close();
  }
});
