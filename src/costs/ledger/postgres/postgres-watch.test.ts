import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createManualClock } from "../../../core/time/clock.ts";
import { createPostgresWatch } from "./postgres-watch.ts";
import type { PostgresState } from "./postgres-watch.ts";

test("a server is away after two seconds of silence, read-only as long as it says so, and up with its next answer", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const clock = createManualClock(0);
  const pass = async (ms: number): Promise<void> => {
    clock.advanceMs(ms);
    mock.timers.tick(ms);
    for (let turns = 0; turns < 3; turns++) await turn();
  };
  let answer = (): Promise<boolean> => Promise.resolve(true);
  let drops = 0;
  const troubles: PostgresState[] = [];
  const probe = { isWritable: () => answer(), drop: () => void drops++ };
  const watch = createPostgresWatch(probe, clock, (state) => troubles.push(state));
  t.after(() => watch.close());
  await pass(0);
  assert.deepEqual(watch.state(), { kind: "up" });

  answer = () => new Promise(() => undefined);
  await pass(1_000);
  await pass(1_990);
  assert.equal(watch.state().kind, "up");
  await pass(10);
  assert.deepEqual(watch.state(), { kind: "away", reason: "PostgreSQL does not answer within 2000 ms" });
  assert.equal(drops, 1);
  assert.equal(watch.sinceMs(), clock.nowMs());

  answer = () => Promise.reject(new Error("connect ECONNREFUSED"));
  await pass(1_000);
  assert.deepEqual(watch.state(), { kind: "away", reason: "connect ECONNREFUSED" });
  assert.equal(troubles.length, 1, "one trouble is told once");

  answer = () => Promise.resolve(false);
  await pass(1_000);
  assert.deepEqual(watch.state(), { kind: "read-only" });
  assert.equal(drops, 3, "the next question may find another server at the address");
  answer = () => Promise.resolve(true);
  await pass(1_000);
  assert.deepEqual([watch.state(), watch.sinceMs()], [{ kind: "up" }, null]);
});

test("silence while this process was busy is not the server's", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const clock = createManualClock(0);
  const probe = { isWritable: () => new Promise<boolean>(() => undefined), drop: () => undefined };
  const watch = createPostgresWatch(probe, clock, () => undefined);
  t.after(() => watch.close());
  clock.advanceMs(5_000); // the timer fires late
  mock.timers.tick(2_000);
  await turn();
  await turn();
  assert.equal(watch.state().kind, "up");
  mock.timers.tick(2_000);
  await turn();
  await turn();
  assert.equal(watch.state().kind, "away");
});
