/**
 * The breakers of all targets in one process: who may be called, who must be left alone, and why.
 *
 * Bounded: clients may name models freely, so the oldest closed breaker makes room for a new target (it loses the
 * counts of its window, nothing else).
 */
import { formatTarget } from "../core/target.ts";
import type { Target } from "../core/target.ts";
import {
  askBreaker,
  checkBreakerSettings,
  closeBreaker,
  closedBreaker,
  countWindow,
  openBreaker,
  reportToBreaker,
  restBreaker,
} from "./breaker.ts";
import type { BreakerSettings } from "../core/failure-settings.ts";
import type { BreakerOutcome, BreakerState, BreakerVerdict } from "./breaker.ts";

/** A breaker changed its state. */
export interface BreakerEvent {
  /** `provider/model`. */
  readonly name: string;
  readonly target: Target;
  readonly from: BreakerState["kind"];
  readonly to: BreakerState["kind"];
  readonly atMs: number;
  readonly reason: string;
  /** True where another instance told it. */
  readonly isNews: boolean;
}

export interface BreakerOverview {
  /** `provider/model`. */
  readonly name: string;
  readonly target: Target;
  /**
   * What the next call that may go elsewhere would find. Open: it is refused, be it that the wait lasts or that the probes
   * are out and have not ended. Half-open: it goes, as a probe.
   */
  readonly kind: BreakerState["kind"];
  readonly failuresInARow: number;
  /** Calls and failures in the window of a closed breaker. */
  readonly calls: number;
  readonly failures: number;
  /** When an open one lets the next probe through, on the clock of `nowMs`; null for others. */
  readonly untilMs: number | null;
  /** From when on a call that has no other target may be a probe of an open one; null for others, and while one is out. */
  readonly earlyProbeMs: number | null;
  /** Why it is open; null for others. */
  readonly reason: string | null;
}

export interface BreakerBoardOptions {
  readonly settings: BreakerSettings;
  /** Hears every change of state, at once. Must not throw. */
  readonly onEvent?: (event: BreakerEvent) => void;
  /** Most targets kept. */
  readonly maxTargets?: number;
}

interface Entry {
  readonly target: Target;
  state: BreakerState;
}

export class BreakerBoard {
  readonly #settings: BreakerSettings;
  readonly #onEvent: ((event: BreakerEvent) => void) | undefined;
  readonly #maxTargets: number;
  readonly #entries = new Map<string, Entry>();

  /** Throws RangeError, naming the setting, for numbers that make no breaker. */
  constructor({ settings, onEvent, maxTargets = 10_000 }: BreakerBoardOptions) {
    checkBreakerSettings(settings);
    this.#settings = settings;
    this.#onEvent = onEvent;
    this.#maxTargets = maxTargets;
  }

  /**
   * May a call go there now? Every `allowed` must be followed by one `report` with its ticket. `isLastResort`: it has no
   * other target.
   */
  ask(target: Target, nowMs: number, isLastResort = false): BreakerVerdict {
    const entry = this.#find(target);
    const { verdict, state } = askBreaker(entry.state, this.#settings, nowMs, isLastResort);
    if (state !== entry.state) this.#move(formatTarget(target), entry, state, nowMs, "time for a probe");
    return verdict;
  }

  report(target: Target, ticket: number, outcome: BreakerOutcome, nowMs: number): void {
    const entry = this.#find(target);
    const state = reportToBreaker(entry.state, this.#settings, ticket, outcome, nowMs);
    if (state !== entry.state) this.#move(formatTarget(target), entry, state, nowMs, "its probe succeeded");
  }

  /** Whether `ask` would refuse: for planning, without taking a probe. */
  isOpen(target: Target, nowMs: number): boolean {
    const entry = this.#entries.get(formatTarget(target));
    if (entry === undefined || entry.state.kind === "closed") return false;
    return askBreaker(entry.state, this.#settings, nowMs).verdict.kind === "refused";
  }

  /** Breakers of targets that were called, in the order of their first call. */
  states(nowMs: number): readonly BreakerOverview[] {
    return [...this.#entries].map(([name, entry]) => describe(name, entry, this.#settings, nowMs));
  }

  /** Another instance opened its breaker, for `leftMs` more, and for `restLeftMs` to calls that have no other target. */
  learnOpen(target: Target, leftMs: number, restLeftMs: number, reason: string, nowMs: number): void {
    const entry = this.#find(target);
    const told = { leftMs, restLeftMs, reason: asTold(reason) };
    const opened = openBreaker(entry.state, this.#settings, told, nowMs);
    this.#move(formatTarget(target), entry, opened, nowMs, reason, true);
  }

  /** Another instance sends a probe: no early one goes from here meanwhile. */
  learnProbe(target: Target, nowMs: number): void {
    const entry = this.#entries.get(formatTarget(target));
    if (entry !== undefined) entry.state = restBreaker(entry.state, nowMs);
  }

  /** Another instance found the target well again. */
  learnClosed(target: Target, nowMs: number): void {
    const name = formatTarget(target);
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.state.kind === "closed") return;
    this.#move(name, entry, closeBreaker(entry.state), nowMs, "another instance found it well", true);
  }

  /** Closes the breaker of `provider/model`; false if there is none of this name. */
  reset(name: string, nowMs: number): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    this.#move(name, entry, closeBreaker(entry.state), nowMs, "reset by an operator");
    return true;
  }

  #move(name: string, entry: Entry, state: BreakerState, nowMs: number, reason: string, isNews = false): void {
    const from = entry.state.kind;
    entry.state = state;
    if (from === state.kind) return;
    const why = state.kind === "open" ? state.reason : reason;
    this.#onEvent?.({ name, target: entry.target, from, to: state.kind, atMs: nowMs, reason: why, isNews });
  }

  #find(target: Target): Entry {
    const name = formatTarget(target);
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    if (this.#entries.size >= this.#maxTargets) forgetOne(this.#entries);
    const entry: Entry = { target: { provider: target.provider, model: target.model }, state: closedBreaker };
    this.#entries.set(name, entry);
    return entry;
  }
}

function describe(name: string, { target, state }: Entry, settings: BreakerSettings, nowMs: number): BreakerOverview {
  const { verdict } = askBreaker(state, settings, nowMs);
  const refusal = verdict.kind === "refused" ? verdict : null;
  return {
    name,
    target,
    kind: state.kind === "closed" ? "closed" : refusal === null ? "half-open" : "open",
    failuresInARow: state.kind === "closed" ? state.failuresInARow : 0,
    ...countWindow(state, settings, nowMs),
    untilMs: refusal?.untilMs ?? null,
    earlyProbeMs: refusal !== null && state.kind === "open" ? state.restUntilMs : null,
    reason: refusal?.reason ?? null,
  };
}

function forgetOne(entries: Map<string, Entry>): void {
  let name = entries.keys().next().value;
  for (const [candidate, { state }] of entries) {
    if (state.kind !== "closed") continue;
    name = candidate;
    break;
  }
  if (name !== undefined) entries.delete(name);
}

const toldMark = " (told by another instance)";

/** Once, also where it comes from one that was told itself. */
function asTold(reason: string): string {
  return reason.endsWith(toldMark) ? reason : reason + toldMark;
}
