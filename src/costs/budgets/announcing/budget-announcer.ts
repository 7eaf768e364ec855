/** Tells budget events to whoever listens: each once, one after the other, behind the calls that brought them about. */
import type { Logger } from "../../../core/log/logging.ts";
import type { BudgetStore } from "../store/budget-store.ts";
import { eventName } from "./budget-events.ts";
import type { BudgetEvent } from "./budget-events.ts";
import { bucketKey } from "../caps/caps.ts";

export interface BudgetAnnouncer {
  /** Tells `event`, unless it was told before. Cheap where this process knows that it was. */
  announce(event: BudgetEvent): void;
  subscribe(listener: (event: BudgetEvent) => void): () => void;
  /** Waits for what is to be told. */
  close(): Promise<void>;
}

/** Names of told events that this process remembers; the store remembers all. */
const maxTold = 100_000;

/** An announcer that asks `store` what was told. */
export function createBudgetAnnouncer(store: Pick<BudgetStore, "announce">, logger: Logger): BudgetAnnouncer {
  const listeners = new Set<(event: BudgetEvent) => void>();
  const told = new Set<string>();
  let telling: Promise<void> = Promise.resolve();

  async function tell(event: BudgetEvent): Promise<void> {
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

  return {
    announce(event) {
      const name = `${bucketKey(event.bucket)} ${eventName(event)}`;
      if (told.has(name)) return;
      if (told.size >= maxTold) told.clear();
      told.add(name);
      telling = telling.then(() => tell(event));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => telling,
  };
}
