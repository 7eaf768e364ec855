/** Budgets over a store that can fail, a clock, and calls that spend. */
import { createManualClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import { createExpectedCosts } from "../expected-cost.ts";
import type { BudgetEvent } from "./announcing/budget-events.ts";
import type { BudgetStore } from "./store/budget-store.ts";
import { Budgets } from "./budgets.ts";
import type { BudgetCall } from "./budget-verdict.ts";
import type { BudgetsSettings } from "./budgets.ts";
import { bucketKey } from "./caps/caps.ts";
import type { SeatCap } from "./caps/caps.ts";
import { MemoryBudgetStore } from "./store/memory.ts";

export const usd = 1_000_000_000;

export const noon: number = Date.UTC(2026, 10, 18, 12);

export const subject = { user: "ada", team: "compilers", tier: "gold", keyId: "k1", askedModel: "claude-opus-5" };

interface Setup {
  readonly budgets: Budgets;
  readonly events: BudgetEvent[];
  readonly store: { failWith: Error | null };
}

/** Budgets with a cap, what they tell, and a way to let their store fail. */
export function setUp(
  overrides: Partial<BudgetsSettings> = {},
  spentBefore = 0,
  seats: readonly SeatCap[] = [],
): Setup {
  const clock = createManualClock(noon);
  const told = new Set<string>();
  const memory = new MemoryBudgetStore({
    clock,
    loadSpent: () => Promise.resolve(spentBefore),
    announce: (bucket, what) => {
      const key = bucketKey(bucket) + what;
      const isFirst = !told.has(key);
      told.add(key);
      return Promise.resolve(isFirst);
    },
  });
  const control: { failWith: Error | null } = { failWith: null };
  const guarded = <T>(run: () => Promise<T>): Promise<T> =>
    control.failWith === null ? run() : Promise.reject(control.failWith);
  const store: BudgetStore = {
    read: (buckets) => memory.read(buckets),
    announce: (bucket, what) => memory.announce(bucket, what),
    compare: () => memory.compare(),
    stats: () => memory.stats(),
    close: () => memory.close(),
    hold: (request) => guarded(() => memory.hold(request)),
    settle: (request) => guarded(() => memory.settle(request)),
  };
  const budgets = new Budgets({
    settings: {
      enforcement: true,
      mode: "strict",
      onStoreFailure: "open",
      caps: [{ scope: "user", id: null, dailyNanoUsd: 10 * usd, weeklyNanoUsd: null, monthlyNanoUsd: null }],
      thresholds: { warning: 0.75, critical: 0.95 },
      ...overrides,
    },
    store,
    expectedCosts: createExpectedCosts(),
    seatCaps: () => seats,
    clock,
    logger: silentLogger,
  });
  const events: BudgetEvent[] = [];
  budgets.subscribe((event) => events.push(event));
  return { budgets, events, store: control };
}

let nextCall = 0;

/** A call that may cost so much. */
export function call(mostNanoUsd: number): BudgetCall {
  return { callId: `call-${nextCall++}`, subject, atMs: noon, range: { leastNanoUsd: 0, mostNanoUsd } };
}

/** Serves a call of this cost, unless it is refused; answers which. */
export async function spend(budgets: Budgets, costNanoUsd: number): Promise<string> {
  const verdict = await budgets.hold(call(1));
  if (verdict.kind === "held") await budgets.settle(verdict.ticket, costNanoUsd);
  return verdict.kind;
}

/** Lets announcements, which wait for the store, come through. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
