/** In any order of asks, reports and waits a breaker does what counting by hand says. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import * as fc from "fast-check";
import { askBreaker, closedBreaker, reportToBreaker } from "./breaker.ts";
import type { BreakerSettings } from "../core/failure-settings.ts";
import type { BreakerOutcome, BreakerState } from "./breaker.ts";

/** What the machine is checked against: every counted call of the present epoch, by hand. */
interface Model {
  nowMs: number;
  kind: BreakerState["kind"];
  openUntilMs: number;
  /** Wait of a call that has no other target, and its length. */
  restUntilMs: number;
  restMs: number;
  counted: { atMs: number; failed: boolean }[];
  /** While half-open: probes that nobody has reported yet, those that succeeded, when the last one left. */
  probesOut: number;
  successes: number;
  lastProbeMs: number;
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
  windowMs: 5_000,
  openMs: 2_500,
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
  readonly isLastResort: boolean;
  constructor(isLastResort: boolean) {
    this.isLastResort = isLastResort;
  }
  check = (): boolean => true;
  run(model: Model, real: Real): void {
    const before = real.state.epoch;
    const { verdict, state } = askBreaker(real.state, chosen, model.nowMs, this.isLastResort);
    real.state = state;
    if (model.kind === "closed") assert.equal(verdict.kind, "allowed");
    const isEarly = model.kind === "open" && model.nowMs < model.openUntilMs;
    const isResting = isEarly && !(this.isLastResort && model.nowMs >= model.restUntilMs);
    if (model.kind === "open") assert.equal(verdict.kind, isResting ? "refused" : "allowed");
    const isGivenUp = model.nowMs >= model.lastProbeMs + chosen.openMs;
    const isRoom = model.probesOut < chosen.halfOpenProbes;
    if (model.kind === "half-open") assert.equal(verdict.kind, isRoom || isGivenUp ? "allowed" : "refused");
    if (verdict.kind === "refused") return;
    if (state.epoch !== before) enter(model, "half-open");
    assert.equal(state.kind, model.kind);
    if (model.kind === "half-open") {
      // An early probe takes the places of all.
      model.probesOut = isEarly ? chosen.halfOpenProbes : Math.min(model.probesOut + 1, chosen.halfOpenProbes);
      model.lastProbeMs = model.nowMs;
    }
    model.out.push({ ticket: verdict.ticket, isCurrent: true });
  }
  toString = (): string => (this.isLastResort ? "ask for the last time" : "ask");
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
    if (model.kind === "half-open") {
      model.probesOut = Math.max(0, model.probesOut - 1);
      if (this.outcome === "ok") model.successes++;
      const isWell = model.successes >= chosen.halfOpenProbes;
      assert.equal(real.state.kind, this.outcome === "failed" ? "open" : isWell ? "closed" : "half-open");
    }
    if (real.state.kind !== model.kind) {
      if (real.state.kind === "open")
        model.restMs = model.kind === "closed" ? 1_000 : Math.min(2 * model.restMs, chosen.openMs);
      enter(model, real.state.kind);
    }
    if (real.state.kind === "open") {
      model.openUntilMs = model.nowMs + chosen.openMs;
      model.restUntilMs = model.nowMs + model.restMs;
    }
  }
  toString = (): string => `report ${this.outcome}`;
}

function enter(model: Model, kind: Model["kind"]): void {
  model.kind = kind;
  model.counted = [];
  model.probesOut = 0;
  model.successes = 0;
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
      fc.nat(3_000).map((ms) => new Wait(ms)),
      fc.constant(new Ask(false)),
      fc.constant(new Ask(true)),
      fc.tuple(fc.nat(), outcome).map(([pick, result]) => new Report(pick, result)),
      fc.tuple(fc.nat(), outcome).map(([pick, result]) => new Report(pick, result)),
    ],
    { maxCommands: 120, size: "max" },
  );
  fc.assert(
    fc.property(commands, (list) => {
      const model: Model = {
        nowMs: 0,
        kind: "closed",
        openUntilMs: 0,
        restUntilMs: 0,
        restMs: 0,
        counted: [],
        probesOut: 0,
        successes: 0,
        lastProbeMs: 0,
        out: [],
      };
      fc.modelRun(() => ({ model, real: { state: closedBreaker } }), list);
    }),
    { numRuns: 300 },
  );
});
