import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { Pulse } from "./pulse.ts";

/** A worker that answers when it is told to. */
function setUp() {
  let waiting: PromiseWithResolvers<unknown> | null = null;
  let asked = 0;
  const pulse = new Pulse(() => {
    asked++;
    waiting = Promise.withResolvers();
    return waiting.promise;
  });
  const answer = async (): Promise<void> => {
    waiting?.resolve(null);
    await turn();
  };
  return { pulse, answer, asked: () => asked };
}

test("a worker that answers is asked in each round, and is never silent", async () => {
  const { pulse, answer, asked } = setUp();
  for (let round = 0; round < 10; round++) {
    assert.equal(pulse.beat(), 0);
    await answer();
  }
  assert.equal(asked(), 10);
});

test("one that stops to answer is silent for more rounds each time, with one question on its way; an answer ends that", async () => {
  const { pulse, answer, asked } = setUp();
  pulse.beat();
  await answer();
  assert.deepEqual([pulse.beat(), pulse.beat(), pulse.beat(), pulse.beat()], [0, 1, 2, 3]);
  assert.equal(asked(), 2);
  await answer();
  assert.deepEqual([pulse.beat(), pulse.beat()], [0, 1]);
});

test("one that was asked for work that takes its whole time may be silent as long as that lasts", async () => {
  const { pulse, answer } = setUp();
  pulse.beat();
  await answer();
  const work = Promise.withResolvers<string>();
  const excused = pulse.excuse(work.promise);
  for (let round = 0; round < 10; round++) assert.equal(pulse.beat(), 0);
  work.resolve("done");
  assert.equal(await excused, "done");
  assert.deepEqual([pulse.beat(), pulse.beat()], [1, 2]);
});
