/**
 * Budgets, as the gateway uses them: hold before a call, settle after, and tell what happens to them.
 *
 * Which caps apply, how much to hold, what to do when the store is away and which events follow is decided here; the
 * counting is the store's.
 */
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logging.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { CostRange, ExpectedCosts } from "../expected-cost.ts";
import type { BucketState, BudgetStore, BudgetStoreStats } from "./budget-store.ts";
import { eventName, eventsOf } from "./budget-events.ts";
import type { BudgetEvent, BudgetThresholds } from "./budget-events.ts";
import { bucketsFor } from "./caps.ts";
import type { BudgetBucket, BudgetCap, BudgetSubject, SeatCap } from "./caps.ts";
import { refusalOf } from "./refusal.ts";
import type { BudgetRefusal } from "./refusal.ts";
import { createSettlements } from "./settlements.ts";

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
}

/** A call that wants to spend. */
export interface BudgetCall {
  readonly callId: string;
  readonly subject: BudgetSubject;
  /** Start of the call: it decides the window, here and in the ledger. */
  readonly atMs: number;
  readonly range: CostRange;
}

/** Hand it back to `settle`, once. */
export interface BudgetTicket {
  readonly call: BudgetCall;
  readonly buckets: readonly BudgetBucket[];
  readonly hadHold: boolean;
  readonly heldNanoUsd: NanoUsd;
}

export type BudgetVerdict =
  /** Go. `states`: the caller's caps after the hold, empty without caps or with an unreadable store. */
  | { readonly kind: "held"; readonly ticket: BudgetTicket; readonly states: readonly BucketState[] }
  | { readonly kind: "refused"; readonly refusal: BudgetRefusal }
  /** The store cannot be read and `onStoreFailure` is `closed`. */
  | { readonly kind: "unreadable" };

export interface BudgetsHealth {
  readonly state: "ok" | "degraded";
  readonly onStoreFailure: "open" | "closed";
  /** Settlements that wait for the store. */
  readonly waitingSettlements: number;
  readonly lastError: string | null;
}

export interface Budgets {
  /** Never rejects. */
  hold(call: BudgetCall): Promise<BudgetVerdict>;
  /** What the call really cost; 0 where nothing was charged. Never rejects: what cannot be written now is repeated. */
  settle(ticket: BudgetTicket, costNanoUsd: NanoUsd): Promise<void>;
  /** The caps of `subject` and how far they are used. Rejects where the store cannot be read. */
  statusOf(subject: BudgetSubject): Promise<readonly BucketState[]>;
  /** Events, each told once; the answer ends the subscription. A listener that throws is logged. */
  subscribe(listener: (event: BudgetEvent) => void): () => void;
  stats(): BudgetStoreStats;
  health(): BudgetsHealth;
  /** Repeats what waits once more, tells what is to be told, then closes the store. */
  close(): Promise<void>;
}

/** Budgets over a store. */
export function createBudgets(parts: BudgetsParts): Budgets {
  const { settings, store, expectedCosts, clock, logger } = parts;
  const listeners = new Set<(event: BudgetEvent) => void>();
  const told = new Set<string>();
  const settlements = createSettlements(store, logger, (states) => tell(states));
  let lastError: string | null = null;
  /** Events are told one after the other, in the order in which they happened. */
  let announcing: Promise<void> = Promise.resolve();

  function amountOf(call: BudgetCall): NanoUsd {
    if (settings.mode === "strict") return call.range.mostNanoUsd;
    return expectedCosts.expect(call.subject.user, call.subject.askedModel, call.range);
  }

  function tell(states: readonly BucketState[]): void {
    const atMs = clock.nowMs();
    for (const state of states) for (const event of eventsOf(state, settings.thresholds, atMs)) announce(event);
  }

  function announce(event: BudgetEvent): void {
    const name = `${event.bucket.scope}:${event.bucket.id}:${event.bucket.startMs}:${eventName(event)}`;
    if (told.has(name)) return;
    told.add(name);
    if (told.size > 100_000) told.clear(); // the store remembers; this only spares asking it
    announcing = announcing.then(() => announceOnce(event));
  }

  async function announceOnce(event: BudgetEvent): Promise<void> {
    try {
      if (!(await store.announce(event.bucket, eventName(event)))) return;
    } catch (error) {
      logger.warn({ error: String(error) }, "a budget event could not be marked as told: it may come twice");
    }
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        logger.error({ error: String(error), event: event.kind }, "a listener to budget events failed");
      }
    }
  }

  function whenUnreadable(call: BudgetCall, buckets: readonly BudgetBucket[], error: unknown): BudgetVerdict {
    if (lastError === null) {
      logger.error({ error: String(error), policy: settings.onStoreFailure }, "budgets cannot be read");
    }
    lastError = String(error);
    if (settings.onStoreFailure === "closed") {
      // The store may have held the money and only its answer was lost: give it back.
      void settlements.settle({ callId: call.callId, buckets, costNanoUsd: 0, hadHold: true });
      return { kind: "unreadable" };
    }
    return { kind: "held", ticket: { call, buckets, hadHold: false, heldNanoUsd: 0 }, states: [] };
  }

  return {
    async hold(call) {
      const buckets = bucketsFor(call.subject, call.atMs, settings.caps, parts.seatCaps());
      if (buckets.length === 0) {
        return { kind: "held", ticket: { call, buckets, hadHold: false, heldNanoUsd: 0 }, states: [] };
      }
      const amountNanoUsd = amountOf(call);
      const request = { callId: call.callId, buckets, amountNanoUsd, isEnforced: settings.enforcement };
      try {
        const result = await store.hold(request);
        lastError = null;
        if (result.kind === "held") {
          const ticket = { call, buckets, hadHold: true, heldNanoUsd: amountNanoUsd };
          return { kind: "held", ticket, states: result.states };
        }
        const refusal = refusalOf(result.states, amountNanoUsd, call.atMs);
        for (const { bucket, spentNanoUsd } of refusal.fullStates) {
          announce({ kind: "budgetLimitExceeded", bucket, spentNanoUsd, atMs: call.atMs });
        }
        return { kind: "refused", refusal };
      } catch (error) {
        return whenUnreadable(call, buckets, error);
      }
    },
    async settle(ticket, costNanoUsd) {
      const { subject, callId } = ticket.call;
      if (costNanoUsd > 0) expectedCosts.observe(subject.user, subject.askedModel, costNanoUsd);
      if (ticket.buckets.length === 0) return;
      await settlements.settle({ callId, buckets: ticket.buckets, costNanoUsd, hadHold: ticket.hadHold });
    },
    statusOf: (subject) => store.read(bucketsFor(subject, clock.nowMs(), settings.caps, parts.seatCaps())),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stats: () => store.stats(),
    health: () => ({
      state: lastError === null && settlements.waiting() === 0 ? "ok" : "degraded",
      onStoreFailure: settings.onStoreFailure,
      waitingSettlements: settlements.waiting(),
      lastError: lastError ?? settlements.lastError(),
    }),
    async close() {
      await settlements.close();
      await announcing;
      await store.close();
    },
  };
}
