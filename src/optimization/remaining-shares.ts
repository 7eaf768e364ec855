/**
 * What callers had left of their budgets when they last held money: known without asking the store again.
 *
 * A ranking must not wait for a budget store in the network, and needs no exact figure: the hold that follows has it.
 * Bounded: the caller seen longest ago is forgotten.
 */
import { BoundedMap } from "../core/collections/bounded-map.ts";
import type { BucketState } from "../costs/budgets/store/budget-store.ts";
import type { BudgetSubject } from "../costs/budgets/caps/caps.ts";
import { smallestRemainingShare } from "./budget-status.ts";

/** Of a caller whose caps were lifted. */
const over = { share: 0, endMs: 0 };

export interface RemainingShares {
  /** Takes the states that a hold answered with. */
  observe(subject: BudgetSubject, states: readonly BucketState[]): void;
  /** The smallest share left, 0 to 1; null: no cap holds, nothing is known yet, or a window has begun anew. */
  find(subject: BudgetSubject, nowMs: number): number | null;
}

/** Knows nothing at first: budgets count as ample until a caller's first hold. */
export function createRemainingShares(maxCallers: number): RemainingShares {
  const shares = new BoundedMap<{ readonly share: number; readonly endMs: number }>(maxCallers);
  return {
    observe(subject, states) {
      if (states.length === 0 && shares.size === 0) return;
      const key = keyOf(subject);
      const share = smallestRemainingShare(states);
      if (share !== null) shares.set(key, { share, endMs: Math.min(...states.map(({ bucket }) => bucket.endMs)) });
      else if (shares.get(key) !== undefined) shares.set(key, over);
    },
    find(subject, nowMs) {
      const known = shares.get(keyOf(subject));
      return known === undefined || known.endMs <= nowMs ? null : known.share;
    },
  };
}

/** Caps hold by any of these. */
function keyOf({ user, team, tier, keyId, askedModel }: BudgetSubject): string {
  return [user, team ?? "", tier, keyId, askedModel].join("\0");
}
