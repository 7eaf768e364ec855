/** Calls once more, somewhere else: what the same tokens cost at another target or at another time. Pure. */
import type { NanoUsd } from "../../core/money.ts";
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";
import { promptLength } from "../../core/usage.ts";
import { costOfUsage } from "../../costs/cost-of-usage.ts";
import type { PaidCall } from "./ledger-calls.ts";
import type { RecommendationInputs } from "./recommendation.ts";

/** What `call` costs at `target`, started at `atMs`. */
export function costAt(
  call: PaidCall,
  target: Target,
  atMs: number,
  { pricesFor }: Pick<RecommendationInputs, "pricesFor">,
): NanoUsd {
  return costOfUsage(call.usage, pricesFor(target, atMs, promptLength(call.usage))).nanoUsd;
}

/**
 * What `call` cost where it went, and no more than the same tokens cost there by the prices of now: what a price that has
 * been put right since, or a dear tier of service, has cost is saved by no other hour and no other target.
 */
export function costHere(call: PaidCall, inputs: Pick<RecommendationInputs, "pricesFor">): NanoUsd {
  return Math.min(call.costNanoUsd, costAt(call, call.target, call.startedAtMs, inputs));
}

/** What all `calls` cost at `target`, each at its own time. */
export function costElsewhere(calls: readonly PaidCall[], target: Target, inputs: RecommendationInputs): NanoUsd {
  return calls.reduce((sum, call) => sum + costAt(call, target, call.startedAtMs, inputs), 0);
}

/** The targets of `calls` and `others`, each once. */
export function targetsOf(calls: readonly PaidCall[], others: readonly Target[]): readonly Target[] {
  const byName = new Map<string, Target>();
  for (const { provider, model } of [...calls.map(({ target }) => target), ...others]) {
    byName.set(formatTarget({ provider, model }), { provider, model });
  }
  return [...byName.values()];
}
