/** Whom several instances' breakers let through to one target, when they hear each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import type { BreakerBoard } from "../../providers/breaker-board.ts";
import type { BreakerSettings } from "../../core/failure-settings.ts";
import type { InstanceNews, NewsListener } from "./instance-news.ts";
import { createSharedBreakers } from "./share-breakers.ts";

const settings: BreakerSettings = {
  failureThreshold: 1,
  failureRatio: 1,
  minimumCalls: 20,
  windowMs: 60_000,
  openMs: 30_000,
  halfOpenProbes: 1,
};

const target = { provider: "only", model: "m" };
const clock = createManualClock(1_000_000);

/** Instances of which each hears what another one tells at once. */
function startInstances(count: number): {
  readonly boards: readonly BreakerBoard[];
  readonly join: () => BreakerBoard;
} {
  const listeners: (NewsListener | null)[] = [];
  const join = (): BreakerBoard => {
    const own = listeners.push(null) - 1;
    const news: InstanceNews = {
      tell: (_subject, message) => {
        for (const [index, listener] of listeners.entries()) if (index !== own) listener?.onMessage(message);
      },
      listen: (_subject, listener) => {
        listeners[own] = listener;
      },
    };
    const board = createSharedBreakers(settings, news, clock, () => undefined);
    listeners[own]?.onStart?.();
    return board;
  };
  return { boards: Array.from({ length: count }, join), join };
}

/** Calls without another target come to all boards each 100 ms; a probe takes 300 ms to fail. Gives when probes left. */
function askAllFor(boards: readonly BreakerBoard[], ms: number): number[] {
  const startMs = clock.nowMs();
  const out: { board: BreakerBoard; ticket: number; dueMs: number }[] = [];
  const sentMs: number[] = [];
  for (let passedMs = 0; passedMs < ms; passedMs += 100) {
    const nowMs = clock.nowMs();
    while (out[0] !== undefined && out[0].dueMs <= nowMs) {
      const { board, ticket } = out.shift()!;
      board.report(target, ticket, "failed", nowMs);
    }
    for (const board of boards) {
      const verdict = board.ask(target, nowMs, true);
      if (verdict.kind === "refused") continue;
      sentMs.push(nowMs - startMs);
      out.push({ board, ticket: verdict.ticket, dueMs: nowMs + 300 });
    }
    clock.advanceMs(100);
  }
  return sentMs;
}

function fail(board: BreakerBoard): void {
  const verdict = board.ask(target, clock.nowMs());
  assert.ok(verdict.kind === "allowed");
  board.report(target, verdict.ticket, "failed", clock.nowMs());
}

test("eight instances send no more early probes to a provider that is down than one", () => {
  for (const count of [1, 8]) {
    const { boards } = startInstances(count);
    fail(boards[0]!);
    assert.deepEqual(askAllFor(boards, 60_000), [1_000, 3_300, 7_600, 15_900, 32_200], `${count} instances`);
  }
});

test("an instance that begins later rests for as long as is left, then for twice as long", () => {
  const { boards, join } = startInstances(2);
  fail(boards[0]!);
  askAllFor(boards, 4_000);
  const late = join();
  assert.deepEqual(askAllFor([late], 12_000), [3_600, 11_100]);
});

test("the first early probe that succeeds closes the breaker on all", () => {
  const { boards } = startInstances(3);
  fail(boards[0]!);
  clock.advanceMs(1_000);
  const verdict = boards[1]!.ask(target, clock.nowMs(), true);
  assert.ok(verdict.kind === "allowed");
  boards[1]!.report(target, verdict.ticket, "ok", clock.nowMs());
  for (const board of boards) assert.equal(board.isOpen(target, clock.nowMs()), false);
});

test("an instance that begins while a probe is out waits for its end for another rest, not for all of openMs", () => {
  const { boards, join } = startInstances(1);
  fail(boards[0]!);
  clock.advanceMs(1_000);
  assert.equal(boards[0]!.ask(target, clock.nowMs(), true).kind, "allowed");
  assert.deepEqual(askAllFor([join()], 5_000), [1_000, 3_300]);
});
