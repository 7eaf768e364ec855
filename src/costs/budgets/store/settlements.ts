/** Settlements on their way to the store: tried at once, repeated until the store has them. */
import type { Logger } from "../../../core/log/logging.ts";
import type { BucketState, BudgetStore, SettleRequest } from "./budget-store.ts";

export interface Settlements {
  /** Never rejects. Resolves when the store has it, or when it has to wait. */
  settle(request: SettleRequest): Promise<void>;
  waiting(): number;
  lastError(): string | null;
  close(): Promise<void>;
}

const retryMs = 500;
const maxWaiting = 100_000;

/** Settlements into `store`; `onSettled` hears of the states after each. They are idempotent: repeating is safe. */
export function createSettlements(
  store: Pick<BudgetStore, "settle">,
  logger: Logger,
  onSettled: (states: readonly BucketState[]) => void,
): Settlements {
  const queue: SettleRequest[] = [];
  let timer: NodeJS.Timeout | null = null;
  let draining: Promise<void> | null = null;
  let lastError: string | null = null;

  async function attempt(request: SettleRequest): Promise<boolean> {
    try {
      const result = await store.settle(request);
      if (result.kind === "settled") onSettled(result.states);
      lastError = null;
      return true;
    } catch (error) {
      lastError = String(error);
      return false;
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = null;
      void drain();
    }, retryMs).unref();
  }

  /** One at a time, whoever asks: two at once would each take the other's settlement from the queue. */
  function drain(): Promise<void> {
    draining ??= repeatAll().finally(() => (draining = null));
    return draining;
  }

  async function repeatAll(): Promise<void> {
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      if (!(await attempt(next))) return schedule();
      if (queue[0] === next) queue.shift();
    }
  }

  return {
    async settle(request) {
      if (await attempt(request)) return;
      if (queue.length === 0) logger.error({ error: lastError }, "settlements wait for the budget store");
      if (queue.length >= maxWaiting) queue.shift(); // the ledger has the cost; the bucket is restored from it
      queue.push(request);
      schedule();
    },
    waiting: () => queue.length,
    lastError: () => lastError,
    async close() {
      await drain();
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (queue.length > 0) logger.error({ settlements: queue.length }, "closed with settlements unwritten");
    },
  };
}
