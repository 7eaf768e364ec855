import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgeClock, createManualClock } from "../core/time/clock.ts";
import { createAffinity } from "./affinity.ts";

const target = { provider: "groq", model: "llama" };

test("a session's target is remembered for its time to live, for each rule apart", () => {
  const clock = createManualClock(0);
  const affinity = createAffinity({ ttlMs: 100, maxSessions: 10 }, createAgeClock(clock));
  affinity.remember("s", "think", target);
  assert.equal(affinity.find("s", "other"), null);
  clock.advanceMs(99);
  assert.equal(affinity.find("s", "think"), target);
  clock.advanceMs(1);
  assert.equal(affinity.find("s", "think"), null);
});

test("a call is written down where it changes the target, or once a sixteenth of the time to live is gone", () => {
  const clock = createManualClock(0);
  const affinity = createAffinity({ ttlMs: 160, maxSessions: 10 }, createAgeClock(clock));
  assert.equal(affinity.remember("s", "r", target), true);
  assert.equal(affinity.remember("s", "r", { ...target }), false);
  for (const other of [
    { ...target, provider: "cerebras" },
    { ...target, model: "qwen" },
  ]) {
    assert.equal(affinity.remember("s", "r", other), true);
    assert.equal(affinity.find("s", "r"), other);
    assert.equal(affinity.remember("s", "r", target), true);
  }
  clock.advanceMs(9);
  assert.equal(affinity.remember("s", "r", target), false);
  clock.advanceMs(1);
  assert.equal(affinity.remember("s", "r", target), true);
  clock.advanceMs(159);
  assert.equal(affinity.find("s", "r"), target);
});

test("a clock that is set back makes no session's target good for longer", () => {
  const clock = createManualClock(86_400_000);
  const affinity = createAffinity({ ttlMs: 100, maxSessions: 10 }, createAgeClock(clock));
  affinity.remember("s", "think", target);
  clock.setWallMs(0);
  assert.equal(affinity.find("s", "think"), target);
  clock.advanceMs(100);
  assert.equal(affinity.find("s", "think"), null);
});

test("the session that was silent longest makes room", () => {
  const clock = createManualClock(0);
  const affinity = createAffinity({ ttlMs: 1000, maxSessions: 2 }, createAgeClock(clock));
  affinity.remember("a", "r", target);
  affinity.remember("b", "r", target);
  clock.advanceMs(200);
  affinity.remember("a", "r", target);
  affinity.remember("c", "r", target);
  assert.equal(affinity.size(), 2);
  assert.equal(affinity.find("b", "r"), null);
  assert.equal(affinity.find("a", "r"), target);
});
