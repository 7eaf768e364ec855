/** What opens a breaker, what closes it, and what it does not hear. */
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import {
  askBreaker,
  checkBreakerSettings,
  closeBreaker,
  closedBreaker,
  countWindow,
  openBreaker,
  reportToBreaker,
  restBreaker,
  toBreakerOutcome,
} from "./breaker.ts";
import type { BreakerSettings } from "../core/failure-settings.ts";
import type { BreakerOutcome, BreakerState } from "./breaker.ts";

const settings: BreakerSettings = {
  failureThreshold: 5,
  failureRatio: 0.5,
  minimumCalls: 20,
  windowMs: 60_000,
  openMs: 30_000,
  halfOpenProbes: 1,
};

/** Asks, and reports at once if the call may go. */
function call(state: BreakerState, outcome: BreakerOutcome, nowMs: number, chosen = settings): BreakerState {
  const asked = askBreaker(state, chosen, nowMs);
  if (asked.verdict.kind === "refused") return asked.state;
  return reportToBreaker(asked.state, chosen, asked.verdict.ticket, outcome, nowMs);
}

function calls(state: BreakerState, outcomes: readonly BreakerOutcome[], nowMs: number): BreakerState {
  return outcomes.reduce((now, outcome) => call(now, outcome, nowMs), state);
}

function opened(): BreakerState {
  return calls(closedBreaker, Array(5).fill("failed"), 1_000);
}

describe("a closed breaker", () => {
  test("opens after five failures in a row, and says why and until when", () => {
    assert.equal(calls(closedBreaker, Array(4).fill("failed"), 1_000).kind, "closed");
    const rest = { restUntilMs: 2_000, restMs: 1_000 };
    assert.deepEqual(opened(), { kind: "open", epoch: 1, untilMs: 31_000, ...rest, reason: "5 failures in a row" });
  });

  test("forgets failures in a row at a success", () => {
    const state = calls(closedBreaker, [...Array(4).fill("failed"), "ok", ...Array(4).fill("failed")], 0);
    assert.equal(state.kind, "closed");
  });

  test("opens when half of at least twenty calls in the window failed", () => {
    const mixed = Array.from({ length: 19 }, (_, i): BreakerOutcome => (i % 2 === 0 ? "ok" : "failed"));
    const state = calls(closedBreaker, mixed, 0);
    assert.equal(state.kind, "closed");
    const next = call(state, "failed", 0);
    assert.ok(next.kind === "open");
    assert.equal(next.reason, "10 of its last 20 calls failed");
  });

  test("opens after five answers in a row that broke off, although each had begun well", () => {
    const four = calls(closedBreaker, ["ok", "broken", "ok", "broken", "ok", "broken", "ok", "broken"], 0);
    assert.equal(four.kind, "closed");
    assert.equal(calls(four, ["ok", "ok", "broken"], 0).kind, "closed");
    const five = calls(four, ["ok", "broken"], 0);
    assert.ok(five.kind === "open" && five.reason === "5 failures in a row");
  });

  test("counts an answer that broke off as one call and one failure", () => {
    const half = Array.from({ length: 29 }, (_, i): BreakerOutcome => (i % 3 === 2 ? "broken" : "ok"));
    const state = calls(closedBreaker, half, 0);
    assert.deepEqual(countWindow(state, settings, 0), { calls: 20, failures: 9 });
    const next = call(state, "broken", 0);
    assert.ok(next.kind === "open" && next.reason === "10 of its last 20 calls failed");
  });

  test("hears of an answer that broke off after its call left the window", () => {
    const state = calls(calls(closedBreaker, Array(25).fill("ok"), 0), ["broken", "broken"], 60_000);
    assert.deepEqual(countWindow(state, settings, 60_000), { calls: 0, failures: 0 });
    assert.equal(calls(state, Array(3).fill("broken"), 60_000).kind, "open");
  });

  test("does not count calls that left the window", () => {
    const mixed = Array.from({ length: 19 }, (_, i): BreakerOutcome => (i % 2 === 0 ? "ok" : "failed"));
    assert.equal(call(calls(closedBreaker, mixed, 0), "failed", 60_000).kind, "closed");
  });

  test("counts the calls of its window, however long it has been closed, and keeps no others", () => {
    let state: BreakerState = closedBreaker;
    for (let ms = 0; ms < 10 * settings.windowMs; ms += 1_000) state = call(state, "ok", ms);
    const endMs = 10 * settings.windowMs;
    assert.ok(state.kind === "closed" && state.slices.length === 10);
    assert.deepEqual(countWindow(state, settings, endMs - 1), { calls: 60, failures: 0 });
    assert.deepEqual(countWindow(state, settings, endMs), { calls: 54, failures: 0 });
    assert.deepEqual(countWindow(state, settings, endMs + settings.windowMs), { calls: 0, failures: 0 });
    assert.deepEqual(countWindow(opened(), settings, 1_000), { calls: 0, failures: 0 });
  });

  test("begins its window anew when the clock is set back", () => {
    const state = calls(closedBreaker, Array(30).fill("ok"), 600_000);
    assert.deepEqual(countWindow(state, settings, 0), { calls: 0, failures: 0 });
    assert.deepEqual(countWindow(call(state, "failed", 0), settings, 0), { calls: 1, failures: 1 });
    const later = call(call(state, "failed", 0), "ok", 600_000);
    assert.deepEqual(countWindow(later, settings, 600_000), { calls: 1, failures: 0 });
  });

  test("is left as it is by neutral ends", () => {
    assert.equal(calls(closedBreaker, Array(100).fill("neutral"), 0), closedBreaker);
  });
});

describe("an open breaker", () => {
  test("refuses until its time, then lets one probe through and holds the rest back", () => {
    const open = opened();
    assert.equal(askBreaker(open, settings, 30_999).verdict.kind, "refused");
    const probe = askBreaker(open, settings, 31_000);
    assert.deepEqual(probe.verdict, { kind: "allowed", ticket: 2 });
    assert.equal(askBreaker(probe.state, settings, 31_001).verdict.kind, "refused");
  });

  test("closes when the probe succeeds and opens again when it fails", () => {
    assert.equal(call(opened(), "ok", 31_000).kind, "closed");
    for (const outcome of ["failed", "broken"] as const) {
      const again = call(opened(), outcome, 31_000);
      assert.ok(again.kind === "open", outcome);
      assert.equal(again.untilMs, 61_000);
    }
  });

  test("sends another probe at once when one ended neutrally", () => {
    const state = call(opened(), "neutral", 31_000);
    assert.equal(askBreaker(state, settings, 31_000).verdict.kind, "allowed");
  });

  test("sends another probe when one is not heard of for as long as it was open", () => {
    const { state } = askBreaker(opened(), settings, 31_000);
    assert.equal(askBreaker(state, settings, 60_999).verdict.kind, "refused");
    assert.equal(askBreaker(state, settings, 61_000).verdict.kind, "allowed");
  });

  test("does not stay open for longer because the clock is set back", () => {
    const open = opened();
    assert.equal(askBreaker(open, settings, 1_000).verdict.kind, "refused");
    assert.equal(askBreaker(open, settings, 999).verdict.kind, "allowed");
    const { state } = askBreaker(open, settings, 31_000);
    assert.equal(askBreaker(state, settings, 31_000).verdict.kind, "refused");
    assert.equal(askBreaker(state, settings, 30_999).verdict.kind, "allowed");
  });

  test("hears nothing of calls that went out before it opened", () => {
    const { state } = askBreaker(opened(), settings, 31_000);
    assert.equal(reportToBreaker(state, settings, 0, "ok", 31_001), state);
    assert.equal(reportToBreaker(state, settings, 0, "failed", 31_001), state);
  });
});

describe("a call that has no other target", () => {
  const ask = (state: BreakerState, nowMs: number, chosen = settings): ReturnType<typeof askBreaker> =>
    askBreaker(state, chosen, nowMs, true);

  test("is an early probe once the breaker has rested, and alone until it has ended", () => {
    const refused = { kind: "refused", untilMs: 2_000, reason: "5 failures in a row" };
    assert.deepEqual(ask(opened(), 1_999).verdict, refused);
    assert.equal(askBreaker(opened(), settings, 2_000).verdict.kind, "refused");
    for (const halfOpenProbes of [1, 3]) {
      const chosen = { ...settings, halfOpenProbes };
      let { verdict, state } = ask(opened(), 2_000, chosen);
      for (let successes = 0; successes < halfOpenProbes; successes++) {
        assert.ok(verdict.kind === "allowed");
        assert.equal(state.kind, "half-open");
        for (const isLastResort of [true, false])
          assert.equal(askBreaker(state, chosen, 2_500, isLastResort).verdict.kind, "refused");
        state = reportToBreaker(state, chosen, verdict.ticket, "ok", 2_500);
        if (successes < halfOpenProbes - 1) ({ verdict, state } = ask(state, 2_500, chosen));
      }
      assert.equal(state.kind, "closed");
    }
  });

  test("waits twice as long after each probe that failed, and never for longer than others", () => {
    let state = opened();
    const rests: number[] = [];
    for (let nowMs = 1_000; rests.length < 7;) {
      const { verdict } = ask(state, nowMs);
      assert.ok(verdict.kind === "refused");
      rests.push(verdict.untilMs - nowMs);
      nowMs = verdict.untilMs;
      assert.equal(ask(state, nowMs - 1).verdict.kind, "refused");
      const probe = ask(state, nowMs);
      assert.ok(probe.verdict.kind === "allowed");
      state = reportToBreaker(probe.state, settings, probe.verdict.ticket, "failed", nowMs);
    }
    assert.deepEqual(rests, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test("waits a second again once the breaker has been closed", () => {
    const probe = ask(opened(), 2_000);
    assert.ok(probe.verdict.kind === "allowed");
    const again = reportToBreaker(probe.state, settings, probe.verdict.ticket, "failed", 2_000);
    assert.ok(again.kind === "open" && again.restMs === 2_000);
    const anew = calls(closeBreaker(again), Array(5).fill("failed"), 5_000);
    assert.ok(anew.kind === "open" && anew.restUntilMs === 6_000);
  });

  test("is told to come back after a rest while the probe is out, not after openMs", () => {
    const { state } = ask(opened(), 2_000);
    const refused = { kind: "refused", untilMs: 3_100, reason: "its probe is still out" };
    assert.deepEqual(ask(state, 2_100).verdict, refused);
    const { verdict } = askBreaker(state, settings, 2_100);
    assert.ok(verdict.kind === "refused" && verdict.untilMs === 32_000);
  });

  test("does not wait for longer because the clock is set back", () => {
    assert.equal(ask(opened(), 1_000).verdict.kind, "refused");
    assert.equal(ask(opened(), 999).verdict.kind, "allowed");
  });
});

describe("word from elsewhere", () => {
  const told = { leftMs: 10_000, restLeftMs: 500, reason: "told so" };

  test("puts early probes off, for as long as is left there, and by a rest while a probe is out there", () => {
    const open = openBreaker(closedBreaker, settings, { ...told, restLeftMs: 4_000 }, 0);
    assert.ok(open.kind === "open");
    assert.deepEqual([open.restUntilMs, open.restMs], [4_000, 4_000]);
    assert.equal(askBreaker(open, settings, 3_999, true).verdict.kind, "refused");
    assert.equal(askBreaker(open, settings, 4_000, true).verdict.kind, "allowed");
    const resting = restBreaker(open, 4_000);
    assert.equal(askBreaker(resting, settings, 7_999, true).verdict.kind, "refused");
    assert.equal(askBreaker(resting, settings, 8_000, true).verdict.kind, "allowed");
    assert.equal(askBreaker(restBreaker(open, 9_999), settings, 10_000).verdict.kind, "allowed");
    assert.equal(restBreaker(closedBreaker, 0), closedBreaker);
  });

  test("opens it for as long as is left, never for longer than it would stay open by itself", () => {
    const { state } = askBreaker(closedBreaker, settings, 0);
    const open = openBreaker(state, settings, told, 1_000);
    const rest = { restUntilMs: 1_500, restMs: 1_000 };
    assert.deepEqual(open, { kind: "open", epoch: 1, untilMs: 11_000, ...rest, reason: "told so" });
    assert.equal(reportToBreaker(open, settings, 0, "ok", 1_000), open);
    const long = openBreaker(closedBreaker, settings, { ...told, leftMs: 8e7, restLeftMs: 8e7 }, 1_000);
    assert.ok(long.kind === "open" && long.untilMs === 1_000 + settings.openMs);
    assert.deepEqual([long.restUntilMs, long.restMs], [long.untilMs, settings.openMs]);
  });

  test("lengthens what is open already, and shortens nothing", () => {
    const open = openBreaker(closedBreaker, settings, told, 0);
    assert.equal(openBreaker(open, settings, { ...told, leftMs: 9_000 }, 1_000), open);
    const longer = openBreaker(open, settings, { ...told, leftMs: 9_001 }, 1_000);
    assert.ok(longer.kind === "open" && longer.epoch === 2 && longer.untilMs === 10_001);
    const { state } = askBreaker(open, settings, 10_000);
    assert.equal(openBreaker(state, settings, { ...told, leftMs: 1 }, 10_000).kind, "open");
  });

  test("closes it, and what went out before counts no more", () => {
    const { state, verdict } = askBreaker(opened(), settings, 31_000);
    assert.ok(verdict.kind === "allowed");
    const closed = closeBreaker(state);
    assert.deepEqual(closed, { ...closedBreaker, epoch: 3 });
    assert.equal(reportToBreaker(closed, settings, verdict.ticket, "failed", 31_000), closed);
  });
});

test("bad numbers are refused by name", () => {
  const bad: Partial<BreakerSettings>[] = [
    { failureThreshold: 0 },
    { failureRatio: 0 },
    { failureRatio: 1.1 },
    { failureRatio: Number.NaN },
    { minimumCalls: 1.5 },
    { windowMs: -1 },
    { openMs: Number.POSITIVE_INFINITY },
    { halfOpenProbes: 0 },
  ];
  for (const change of bad) {
    const [name] = Object.keys(change);
    assert.throws(() => checkBreakerSettings({ ...settings, ...change }), new RegExp(`RangeError: breaker\\.${name} `));
  }
  checkBreakerSettings(settings);
  checkBreakerSettings({ ...settings, failureRatio: 1 });
});

test("only the provider's own failures count", () => {
  assert.equal(toBreakerOutcome(null), "ok");
  for (const code of ["provider_overloaded", "provider_failed", "provider_unreachable"] as const) {
    assert.equal(toBreakerOutcome(code), "failed", code);
  }
  for (const code of ["provider_timeout", "provider_bad_answer", "provider_cut_answer"] as const) {
    assert.equal(toBreakerOutcome(code), "failed", code);
  }
  for (const code of ["caller_gone", "caller_context_overflow", "provider_rejected_request"] as const) {
    assert.equal(toBreakerOutcome(code), "neutral");
  }
  for (const code of ["provider_rate_limited", "provider_rejected_credentials", "router_failed"] as const) {
    assert.equal(toBreakerOutcome(code), "neutral");
  }
});
