import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { askBreaker, checkBreakerSettings, closedBreaker, reportToBreaker, toBreakerOutcome } from "./breaker.ts";
import type { BreakerOutcome, BreakerSettings, BreakerState } from "./breaker.ts";

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
    assert.deepEqual(opened(), { kind: "open", epoch: 1, untilMs: 31_000, reason: "5 failures in a row" });
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

  test("does not count calls that left the window", () => {
    const mixed = Array.from({ length: 19 }, (_, i): BreakerOutcome => (i % 2 === 0 ? "ok" : "failed"));
    assert.equal(call(calls(closedBreaker, mixed, 0), "failed", 60_000).kind, "closed");
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
    assert.deepEqual(probe.verdict, { kind: "allowed", ticket: 2, isProbe: true });
    assert.equal(askBreaker(probe.state, settings, 31_001).verdict.kind, "refused");
  });

  test("closes when the probe succeeds and opens again when it fails", () => {
    assert.equal(call(opened(), "ok", 31_000).kind, "closed");
    const again = call(opened(), "failed", 31_000);
    assert.ok(again.kind === "open");
    assert.equal(again.untilMs, 61_000);
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

  test("hears nothing of calls that went out before it opened", () => {
    const { state } = askBreaker(opened(), settings, 31_000);
    assert.equal(reportToBreaker(state, settings, 0, "ok", 31_001), state);
    assert.equal(reportToBreaker(state, settings, 0, "failed", 31_001), state);
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
});

test("only the provider's own failures count", () => {
  assert.equal(toBreakerOutcome(null), "ok");
  assert.equal(toBreakerOutcome("provider_failed"), "failed");
  assert.equal(toBreakerOutcome("provider_timeout"), "failed");
  for (const code of ["caller_gone", "caller_context_overflow", "provider_rejected_request"] as const) {
    assert.equal(toBreakerOutcome(code), "neutral");
  }
  for (const code of ["provider_rate_limited", "provider_rejected_credentials", "router_failed"] as const) {
    assert.equal(toBreakerOutcome(code), "neutral");
  }
});

/** What the machine is checked against: every counted call of the present epoch, by hand. */
interface Model {
  nowMs: number;
  kind: BreakerState["kind"];
  openUntilMs: number;
  counted: { atMs: number; failed: boolean }[];
  /** Tickets of calls on their way, those of this epoch apart. */
  out: { ticket: number; isCurrent: boolean }[];
}
interface Real {
  state: BreakerState;
}

const chosen: BreakerSettings = {
  failureThreshold: 4,
  failureRatio: 0.5,
  minimumCalls: 6,
  windowMs: 100,
  openMs: 50,
  halfOpenProbes: 2,
};

class Wait implements fc.Command<Model, Real> {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = (): boolean => true;
  run(model: Model): void {
    model.nowMs += this.ms;
  }
  toString = (): string => `wait ${this.ms}`;
}

class Ask implements fc.Command<Model, Real> {
  check = (): boolean => true;
  run(model: Model, real: Real): void {
    const before = real.state.epoch;
    const { verdict, state } = askBreaker(real.state, chosen, model.nowMs);
    real.state = state;
    const probesOut = model.out.filter(({ isCurrent }) => isCurrent).length;
    if (model.kind === "closed") assert.equal(verdict.kind, "allowed");
    if (model.kind === "open") assert.equal(verdict.kind, model.nowMs < model.openUntilMs ? "refused" : "allowed");
    if (model.kind === "half-open" && probesOut < chosen.halfOpenProbes) assert.equal(verdict.kind, "allowed");
    if (verdict.kind === "refused") return;
    if (state.epoch !== before) enter(model, "half-open");
    assert.equal(verdict.isProbe, model.kind === "half-open");
    model.out.push({ ticket: verdict.ticket, isCurrent: true });
  }
  toString = (): string => "ask";
}

class Report implements fc.Command<Model, Real> {
  readonly pick: number;
  readonly outcome: BreakerOutcome;
  constructor(pick: number, outcome: BreakerOutcome) {
    this.pick = pick;
    this.outcome = outcome;
  }
  check = (model: Readonly<Model>): boolean => model.out.length > 0;
  run(model: Model, real: Real): void {
    const [done] = model.out.splice(this.pick % model.out.length, 1);
    assert.ok(done !== undefined);
    const before = real.state;
    real.state = reportToBreaker(before, chosen, done.ticket, this.outcome, model.nowMs);
    if (!done.isCurrent) return assert.equal(real.state, before);
    if (model.kind === "closed" && this.outcome !== "neutral") {
      model.counted.push({ atMs: model.nowMs, failed: this.outcome === "failed" });
      assert.equal(real.state.kind, shouldOpen(model) ? "open" : "closed");
    }
    if (model.kind === "half-open" && this.outcome === "failed") assert.equal(real.state.kind, "open");
    if (real.state.kind !== model.kind) enter(model, real.state.kind);
    if (real.state.kind === "open") model.openUntilMs = model.nowMs + chosen.openMs;
  }
  toString = (): string => `report ${this.outcome}`;
}

function enter(model: Model, kind: Model["kind"]): void {
  model.kind = kind;
  model.counted = [];
  for (const call of model.out) call.isCurrent = false;
}

function shouldOpen({ counted, nowMs }: Model): boolean {
  const last = counted.slice(-chosen.failureThreshold);
  if (last.length === chosen.failureThreshold && last.every(({ failed }) => failed)) return true;
  if (counted.at(-1)?.failed !== true) return false;
  const slice = (ms: number): number => Math.floor(ms / (chosen.windowMs / 10));
  const recent = counted.filter(({ atMs }) => slice(atMs) > slice(nowMs) - 10);
  const failures = recent.filter(({ failed }) => failed).length;
  return recent.length >= chosen.minimumCalls && failures >= chosen.failureRatio * recent.length;
}

test("in any order of asks, reports and waits it does what counting by hand says", () => {
  const outcome = fc.constantFrom<BreakerOutcome>("ok", "failed", "failed", "neutral");
  const commands = fc.commands(
    [
      fc.nat(60).map((ms) => new Wait(ms)),
      fc.constant(new Ask()),
      fc.constant(new Ask()),
      fc.tuple(fc.nat(), outcome).map(([pick, result]) => new Report(pick, result)),
      fc.tuple(fc.nat(), outcome).map(([pick, result]) => new Report(pick, result)),
    ],
    { maxCommands: 120, size: "max" },
  );
  fc.assert(
    fc.property(commands, (list) => {
      const model: Model = { nowMs: 0, kind: "closed", openUntilMs: 0, counted: [], out: [] };
      fc.modelRun(() => ({ model, real: { state: closedBreaker } }), list);
    }),
    { numRuns: 300 },
  );
});
