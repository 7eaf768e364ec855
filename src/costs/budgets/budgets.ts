/**
 * Budgets, as the gateway uses them: hold before a call, settle after, and tell what happens to them.
 *
 * Which caps apply, how much to hold, what to do when the store is away and which events follow is decided here; the
 * counting is the store's.
 */
import type { Clock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { ExpectedCosts } from "../expected-cost.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { BucketState, BudgetStore, BudgetStoreStats, HoldResult } from "./store/budget-store.ts";
import { createBudgetAnnouncer } from "./announcing/budget-announcer.ts";
import type { BudgetAnnouncer } from "./announcing/budget-announcer.ts";
import { eventsOf } from "./announcing/budget-events.ts";
import type { BudgetEvent, BudgetThresholds } from "./announcing/budget-events.ts";
import { unheld } from "./budget-verdict.ts";
import type { BudgetCall, BudgetTicket, BudgetVerdict } from "./budget-verdict.ts";
import { CapWatch } from "./caps/cap-watch.ts";
import { bucketKey, bucketsFor, teamSeatBuckets } from "./caps/caps.ts";
import type { BudgetCap } from "../../core/money-settings.ts";
import type { BudgetBucket, BudgetSubject, SeatCap } from "./caps/caps.ts";
import { findBuckets } from "./caps/find-buckets.ts";
import { refusalOf } from "./refusal.ts";
import type { BudgetRefusal } from "./refusal.ts";
import { createSettlements } from "./store/settlements.ts";
import type { Settlements } from "./store/settlements.ts";

export interface BudgetsSettings {
  readonly enforcement: boolean;
  readonly mode: "expected" | "strict";
  readonly onStoreFailure: "open" | "closed";
  readonly caps: readonly BudgetCap[];
  readonly thresholds: BudgetThresholds;
}

export interface BudgetsParts {
  readonly settings: BudgetsSettings;
  readonly store: BudgetStore;
  readonly expectedCosts: ExpectedCosts;
  /** Caps of the admin API, as they are now. */
  readonly seatCaps: () => readonly SeatCap[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether counters or ledger are another machine's, which may be away: a call's patience holds then. */
  readonly isShared?: boolean;
}

export type RefusalListener = (buckets: readonly BudgetBucket[]) => void;

export interface BudgetsHealth {
  readonly state: "ok" | "degraded";
  readonly onStoreFailure: "open" | "closed";
  /** Settlements that wait for the store. */
  readonly waitingSettlements: number;
  readonly lastError: string | null;
}

/**
 * A window that has to be restored from this machine's ledger is waited for so long; then the call goes by
 * `onStoreFailure`. Just after a start on a machine with much other work the ledger's threads take seconds to begin, and
 * a full budget must not be passed by then.
 */
const ownStoreWaitMs = 5_000;

/** As long is another machine's store waited for where not waiting would refuse the call. */
const waitBeforeRefusalMs = 1_000;

const nothingToSettle = Promise.resolve();

/** Budgets over a store. */
export class Budgets {
  readonly #parts: BudgetsParts;
  #settings: BudgetsSettings;
  readonly #events: BudgetAnnouncer;
  readonly #settlements: Settlements;
  readonly #refusalListeners: RefusalListener[] = [];
  #lastError: string | null = null;
  readonly #watch: CapWatch;

  constructor(parts: BudgetsParts) {
    const { store, logger, clock } = parts;
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#watch = new CapWatch(parts.settings.caps, parts.seatCaps());
    this.#events = createBudgetAnnouncer(store, logger);
    this.#settlements = createSettlements(store, logger, (states) => {
      const atMs = clock.nowMs();
      this.#lastError = null; // the store is there
      for (const state of states) {
        for (const event of eventsOf(state, this.#settings.thresholds, atMs)) this.#events.announce(event);
      }
    });
  }

  /** Takes over other settings, as a reloaded configuration states them; what is held, spent and told stays. */
  configure(settings: BudgetsSettings): void {
    this.#settings = settings;
  }

  /** Whether no cap holds for anybody: nothing is held then, whatever a call may cost. */
  isUncapped(): boolean {
    return this.#settings.caps.length === 0 && this.#parts.seatCaps().length === 0;
  }

  /**
   * At once where there is nothing to hold. Never rejects, and never waits for a shared store longer than the call's patience
   * or `waitBeforeRefusalMs`.
   */
  hold(call: BudgetCall): BudgetVerdict | Promise<BudgetVerdict> {
    const buckets = this.#bucketsOf(call.subject, call.atMs);
    if (buckets.length === 0) return unheld(call, buckets);
    const amountNanoUsd = this.#amountOf(call) - (call.earlierNanoUsd ?? 0);
    if (call.earlierNanoUsd !== undefined && amountNanoUsd <= 0) return unheld(call, []);
    return this.#holdIn(buckets, call, amountNanoUsd);
  }

  async #holdIn(buckets: readonly BudgetBucket[], call: BudgetCall, amountNanoUsd: NanoUsd): Promise<BudgetVerdict> {
    let result: HoldResult;
    try {
      result = await this.#holdInTime(call, buckets, amountNanoUsd);
    } catch (error) {
      return this.#whenUnreadable(call, buckets, error);
    }
    this.#lastError = null;
    if (result.kind === "held") {
      const ticket = { call, buckets, hadHold: true, heldNanoUsd: amountNanoUsd };
      return { kind: "held", ticket, states: result.states };
    }
    const refusal = refusalOf(result.states, amountNanoUsd, call.atMs);
    // Held money comes back: that a limit is reached is told once a window, and must be true then. A target that is passed
    // over refuses nobody.
    if (!refusal.isForHeldMoney && call.earlierNanoUsd === undefined) this.#tellRefused(refusal, call.atMs);
    return { kind: "refused", refusal };
  }

  /** What the call really cost; 0 where nothing was charged. Never rejects: what cannot be written now is repeated. */
  settle(ticket: BudgetTicket, costNanoUsd: NanoUsd): Promise<void> {
    const { call, hadHold } = ticket;
    const { user, askedModel } = call.subject;
    if (costNanoUsd > 0) this.#parts.expectedCosts.observe(user, askedModel, costNanoUsd);
    const buckets = this.#bucketsToSettle(ticket);
    if (buckets.length === 0) return nothingToSettle;
    const recordedAtMs = this.#parts.clock.monotonicMs();
    const { callId, atMs: startedAtMs } = call;
    return this.#settlements.settle({ callId, buckets, costNanoUsd, hadHold, startedAtMs, recordedAtMs });
  }

  /** The caps of `subject` and how far they are used. Rejects where the store cannot be read. */
  statusOf(subject: BudgetSubject): Promise<readonly BucketState[]> {
    return this.#parts.store.read(this.#bucketsOf(subject, this.#parts.clock.nowMs()));
  }

  /** The fullest budgets of all, `ledger` asked for who there is; at most `limit`. Rejects as `statusOf`. */
  async readAll(ledger: Pick<Ledger, "sums">, limit: number): Promise<readonly BucketState[]> {
    const { store, seatCaps, clock } = this.#parts;
    this.#noticeCaps();
    return store.read(await findBuckets(ledger, this.#settings.caps, seatCaps(), clock.nowMs(), limit));
  }

  settings(): BudgetsSettings {
    return this.#settings;
  }

  /** Events, each told once; the answer ends the subscription. A listener that throws is logged. */
  subscribe(listener: (event: BudgetEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  /** `listener` hears of each call that is refused, with the caps in its way; not of one that only held money is in the way of, nor of a further target that is passed over. */
  onRefused(listener: RefusalListener): void {
    this.#refusalListeners.push(listener);
  }

  stats(): BudgetStoreStats {
    return this.#parts.store.stats();
  }

  health(): BudgetsHealth {
    const waitingSettlements = this.#settlements.waiting();
    return {
      state: this.#lastError === null && waitingSettlements === 0 ? "ok" : "degraded",
      onStoreFailure: this.#settings.onStoreFailure,
      waitingSettlements,
      lastError: this.#lastError ?? this.#settlements.lastError(),
    };
  }

  /** Repeats what waits once more, tells what is to be told, then closes the store. */
  async close(): Promise<void> {
    await this.#settlements.close();
    await this.#events.close();
    await this.#parts.store.close();
  }

  #tellRefused({ fullStates }: BudgetRefusal, atMs: number): void {
    for (const state of fullStates) this.#events.announce({ kind: "budgetLimitExceeded", ...state, atMs });
    const full = fullStates.map(({ bucket }) => bucket);
    for (const listener of this.#refusalListeners) listener(full);
  }

  /**
   * Rejects where the store takes too long. A hold that comes about after all is given back; so is one whose answer was lost,
   * since the call may have been settled before it was made.
   */
  #holdInTime(call: BudgetCall, buckets: readonly BudgetBucket[], amountNanoUsd: NanoUsd): Promise<HoldResult> {
    const { store } = this.#parts;
    const { callId } = call;
    const waitMs = this.#longestWaitMs(call);
    return new Promise((resolve, reject) => {
      const holding = store.hold({ callId, buckets, amountNanoUsd, isEnforced: this.#settings.enforcement });
      const timer = setTimeout(() => {
        reject(new Error(`the budget store took longer than ${Math.round(waitMs)} ms`));
        const giveBack = (): Promise<void> =>
          this.#settlements.settle({ callId, buckets, costNanoUsd: 0, hadHold: true });
        void holding.then(giveBack, giveBack);
      }, waitMs);
      holding.then(
        (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error);
        },
      );
    });
  }

  #longestWaitMs({ patienceMs = waitBeforeRefusalMs }: BudgetCall): number {
    if (this.#parts.isShared !== true) return ownStoreWaitMs;
    return this.#settings.onStoreFailure === "open" ? patienceMs : waitBeforeRefusalMs;
  }

  /** With others that the ledger will have it in: of caps that came while the call was under way, of seats of another team. */
  #bucketsToSettle({ call, buckets }: BudgetTicket): readonly BudgetBucket[] {
    this.#noticeCaps();
    if (this.isUncapped()) return buckets;
    const { subject, atMs } = call;
    const isSame = buckets.length > 0 && atMs > this.#watch.changedMs;
    const ofSeats = teamSeatBuckets(subject, atMs, this.#parts.seatCaps());
    if (isSame && ofSeats.length === 0) return buckets;
    const all = [...ofSeats, ...(isSame ? [] : this.#bucketsOf(subject, atMs)), ...buckets];
    return [...new Map(all.map((bucket) => [bucketKey(bucket), bucket])).values()];
  }

  #noticeCaps(): void {
    const { store, seatCaps, clock } = this.#parts;
    if (this.#watch.hasChanged(this.#settings.caps, seatCaps(), clock.nowMs())) store.compare();
  }

  #bucketsOf(subject: BudgetSubject, atMs: number): readonly BudgetBucket[] {
    this.#noticeCaps();
    if (this.isUncapped()) return [];
    return bucketsFor(subject, atMs, this.#settings.caps, this.#parts.seatCaps());
  }

  #amountOf({ subject, range }: BudgetCall): NanoUsd {
    if (this.#settings.mode === "strict") return range.mostNanoUsd;
    return this.#parts.expectedCosts.expect(subject.user, subject.askedModel, range);
  }

  #whenUnreadable(call: BudgetCall, buckets: readonly BudgetBucket[], error: unknown): BudgetVerdict {
    const { onStoreFailure } = this.#settings;
    if (this.#lastError === null) {
      this.#parts.logger.error({ error: String(error), policy: onStoreFailure }, "budgets cannot be read");
    }
    this.#lastError = String(error);
    if (onStoreFailure === "open" && call.earlierNanoUsd === undefined) return unheld(call, buckets);
    // The store may have held the money and only its answer was lost: give it back. Of a call that goes, its first ticket does.
    void this.#settlements.settle({ callId: call.callId, buckets, costNanoUsd: 0, hadHold: true });
    return onStoreFailure === "open" ? unheld(call, []) : { kind: "unreadable" };
  }
}
