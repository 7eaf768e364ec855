import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { storePatienceMs } from "../../gateway/limits/store-patience.ts";
import { createStoreGuard } from "./store-guard.ts";
import type { StoreGuard } from "./store-guard.ts";

const never = (): Promise<never> => new Promise(() => undefined);
const isAnswer = (error: unknown): boolean => error instanceof Error && /^[A-Z]+ /.test(`${error.message} `);
const isRefusal = (error: unknown): boolean => error instanceof Error && error.message.startsWith("OOM");

function createGuard(): StoreGuard {
  return createStoreGuard({ clock: createManualClock(0), isAnswer, isRefusal });
}

test("a command that is not answered fails after 50 ms; after three, nothing is asked until a probe is answered", async () => {
  const guard = createGuard();
  let asked = 0;
  const ask = (): Promise<never> => {
    asked++;
    return never();
  };
  const together = [guard.run(ask), guard.run(ask), guard.run(ask)];
  for (const one of together) await assert.rejects(one, /did not answer within 50 ms/);
  await assert.rejects(guard.run(ask), /does not answer/);
  assert.equal(asked, 3);
  assert.equal(await guard.probe(never), false);
  await assert.rejects(guard.run(ask), /does not answer/);
  assert.equal(await guard.probe(() => Promise.resolve()), true);
  assert.equal(guard.trouble(), null);
  assert.equal(await guard.run(() => Promise.resolve("well")), "well");
});

test("a store that refuses is left alone at once, one that answers with another error is not", async () => {
  const guard = createGuard();
  await assert.rejects(
    guard.run(() => Promise.reject(new Error("WRONGTYPE"))),
    /WRONGTYPE/,
  );
  assert.equal(guard.trouble(), null);
  await assert.rejects(
    guard.run(() => Promise.reject(new Error("OOM command not allowed"))),
    /OOM/,
  );
  assert.match(guard.trouble() ?? "", /Redis refuses: OOM/);
  await assert.rejects(
    guard.run(() => Promise.resolve()),
    /refuses/,
  );
});

test("an answer between two silences forgives the first ones", async () => {
  const guard = createGuard();
  await Promise.allSettled([guard.run(never), guard.run(never)]);
  await guard.run(() => Promise.resolve());
  await Promise.allSettled([guard.run(never), guard.run(never)]);
  assert.equal(guard.trouble(), null);
});

test("an answer that lies unread behind a busy event loop counts", async () => {
  const guard = createGuard();
  const { promise, resolve } = Promise.withResolvers<string>();
  const answer = guard.run(() => promise);
  setTimeout(() => setImmediate(() => resolve("late, but here")), storePatienceMs - 10);
  const until = performance.now() + storePatienceMs + 20;
  while (performance.now() < until);
  assert.equal(await answer, "late, but here");
});
