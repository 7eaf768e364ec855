import { strict as assert } from "node:assert";
import { test } from "node:test";
import { BreakerBoard } from "./breaker-board.ts";
import type { BreakerEvent } from "./breaker-board.ts";
import type { BreakerSettings } from "../core/failure-settings.ts";
import type { BreakerOutcome } from "./breaker.ts";

const settings: BreakerSettings = {
  failureThreshold: 5,
  failureRatio: 0.5,
  minimumCalls: 20,
  windowMs: 60_000,
  openMs: 30_000,
  halfOpenProbes: 1,
};

const groq = { provider: "groq", model: "llama" };
const other = { provider: "openai", model: "gpt" };

function call(board: BreakerBoard, target: typeof groq, outcome: BreakerOutcome, nowMs: number): string {
  const verdict = board.ask(target, nowMs);
  if (verdict.kind === "allowed") board.report(target, verdict.ticket, outcome, nowMs);
  return verdict.kind;
}

test("each target has its own breaker, and every change of state is an event", () => {
  const events: BreakerEvent[] = [];
  const board = new BreakerBoard({ settings, onEvent: (event) => events.push(event) });
  for (let i = 0; i < 5; i++) call(board, groq, "failed", 100);
  assert.equal(call(board, groq, "ok", 101), "refused");
  assert.equal(call(board, other, "ok", 101), "allowed");
  assert.equal(call(board, groq, "ok", 30_100), "allowed");
  assert.deepEqual(
    events.map(({ name, from, to, atMs, reason }) => `${atMs} ${name} ${from}>${to}: ${reason}`),
    [
      "100 groq/llama closed>open: 5 failures in a row",
      "30100 groq/llama open>half-open: time for a probe",
      "30100 groq/llama half-open>closed: its probe succeeded",
    ],
  );
});

test("planning may look without taking the probe", () => {
  const board = new BreakerBoard({ settings });
  assert.equal(board.isOpen(groq, 0), false);
  for (let i = 0; i < 5; i++) call(board, groq, "failed", 0);
  assert.equal(board.isOpen(groq, 29_999), true);
  assert.equal(board.isOpen(groq, 30_000), false);
  assert.equal(board.isOpen(groq, 30_000), false);
  assert.equal(board.ask(groq, 30_000).kind, "allowed");
  assert.equal(board.isOpen(groq, 30_000), true);
});

test("states tell counts, reason and time; reset closes by name", () => {
  const board = new BreakerBoard({ settings });
  call(board, other, "failed", 0);
  call(board, other, "ok", 0);
  for (let i = 0; i < 5; i++) call(board, groq, "failed", 0);
  assert.deepEqual(board.states(1), [
    {
      name: "openai/gpt",
      target: other,
      kind: "closed",
      failuresInARow: 0,
      calls: 2,
      failures: 1,
      untilMs: null,
      earlyProbeMs: null,
      reason: null,
    },
    {
      name: "groq/llama",
      target: groq,
      kind: "open",
      failuresInARow: 0,
      calls: 0,
      failures: 0,
      untilMs: 30_000,
      earlyProbeMs: 1_000,
      reason: "5 failures in a row",
    },
  ]);
  assert.equal(board.reset("groq/llama", 2), true);
  assert.equal(board.reset("groq/none", 2), false);
  assert.equal(board.ask(groq, 2).kind, "allowed");
});

test("what is told is what the next call would find: a probe that hangs keeps calls away as before it", () => {
  const board = new BreakerBoard({ settings });
  for (let i = 0; i < 5; i++) call(board, groq, "failed", 0);
  const at = (nowMs: number): unknown[] =>
    board.states(nowMs).flatMap(({ kind, untilMs, reason }) => [kind, untilMs, reason]);
  assert.deepEqual(at(29_999), ["open", 30_000, "5 failures in a row"]);
  assert.deepEqual(at(30_000), ["half-open", null, null]);
  const verdict = board.ask(groq, 30_000);
  assert.deepEqual(at(30_000), ["open", 60_000, "its probe is still out"]);
  assert.deepEqual(at(60_000), ["half-open", null, null]);
  assert.ok(verdict.kind === "allowed");
  board.report(groq, verdict.ticket, "neutral", 30_001);
  assert.deepEqual(at(30_001), ["half-open", null, null]);
});

test("made-up model names do not grow it without bound, nor push out an open breaker", () => {
  const board = new BreakerBoard({ settings, maxTargets: 50 });
  for (let i = 0; i < 5; i++) call(board, groq, "failed", 0);
  for (let i = 0; i < 1_000; i++) call(board, { provider: "groq", model: `made-up-${i}` }, "neutral", 0);
  assert.equal(board.states(0).length, 50);
  assert.equal(board.isOpen(groq, 1), true);
});

test("bad numbers are refused by name", () => {
  assert.throws(() => new BreakerBoard({ settings: { ...settings, openMs: 0 } }), /breaker\.openMs/);
});

test("what another instance tells holds here, and is marked as news", () => {
  const events: BreakerEvent[] = [];
  const board = new BreakerBoard({ settings, onEvent: (event) => void events.push(event) });
  const target = { provider: "a", model: "m" };
  board.learnOpen(target, 5_000, 1_000, "3 failures in a row", 0);
  const told = board.states(0)[0]?.reason;
  assert.equal(told, "3 failures in a row (told by another instance)");
  board.learnOpen(target, 5_000, 1_000, told, 0);
  assert.equal(board.states(0)[0]?.reason, told);
  assert.equal(board.isOpen(target, 4_999), true);
  assert.equal(board.isOpen(target, 5_000), false);
  board.learnClosed(target, 100);
  assert.equal(board.isOpen(target, 100), false);
  assert.deepEqual(
    events.map(({ to, isNews }) => [to, isNews]),
    [
      ["open", true],
      ["closed", true],
    ],
  );
});

test("a call that has no other target may probe early, not while another instance does", () => {
  const board = new BreakerBoard({ settings });
  for (let i = 0; i < 5; i++) call(board, groq, "failed", 0);
  board.learnProbe(groq, 900);
  assert.equal(board.ask(groq, 1_899, true).kind, "refused");
  assert.equal(board.ask(groq, 1_900).kind, "refused");
  assert.equal(board.ask(groq, 1_900, true).kind, "allowed");
  assert.equal(board.states(1_900)[0]?.earlyProbeMs, null);
  board.learnProbe(other, 0);
  assert.equal(board.states(0).length, 1);
});
