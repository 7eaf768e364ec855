/**
 * Whether a session stays at its target or moves to a cheaper one. Pure.
 *
 * It stays unless moving saves more than a threshold over its expected rest, the cold start at the new target
 * included: a provider that looks cheaper is not, for a session whose prompt is warm where it is.
 */
import type { NanoUsd } from "../../core/money.ts";
import { totalOf } from "./session-costs.ts";
import type { SessionCost } from "./session-costs.ts";

/**
 * Chosen by simulation (docs/cost-aware-routing.md). As many calls as the session has had would be the textbook's
 * guess for the rest: with it, long sessions moved shortly before they ended, and paid for a cold start in vain.
 */
export const movePolicy = {
  /** Calls that a session is expected to have still, however many it had. */
  restTurns: 20,
  /** A move must save at least this share of what staying would cost over the expected rest … */
  minSavingShare: 0.05,
  /** … and at least this much; and never less than its cold start costs, so that it pays within half the rest. */
  minSavingNanoUsd: 1_000_000,
} as const;

export type StayOrMove =
  /** `savingNanoUsd`: by the best other candidate; negative where each is dearer, 0 where there is none. */
  | { readonly kind: "stay"; readonly savingNanoUsd: NanoUsd; readonly thresholdNanoUsd: NanoUsd }
  /** `to`: index of the candidate. */
  | { readonly kind: "move"; readonly to: number; readonly savingNanoUsd: NanoUsd; readonly thresholdNanoUsd: NanoUsd };

/** Decides for a session at `current` (an index) among all that may take it, itself included. */
export function stayOrMove(candidates: readonly SessionCost[], current: number): StayOrMove {
  const here = candidates[current]!;
  const stayNanoUsd = totalOf(here);
  const least = Math.max(movePolicy.minSavingNanoUsd, Math.round(stayNanoUsd * movePolicy.minSavingShare));
  let best = { to: current, savingNanoUsd: 0, thresholdNanoUsd: least };
  let bestExcess = -Infinity;
  for (const [to, candidate] of candidates.entries()) {
    if (to === current) continue;
    const savingNanoUsd = stayNanoUsd - totalOf(candidate);
    const thresholdNanoUsd = Math.max(least, candidate.nextNanoUsd - here.nextNanoUsd);
    if (savingNanoUsd - thresholdNanoUsd <= bestExcess) continue;
    bestExcess = savingNanoUsd - thresholdNanoUsd;
    best = { to, savingNanoUsd, thresholdNanoUsd };
  }
  if (bestExcess > 0) return { kind: "move", ...best };
  return { kind: "stay", savingNanoUsd: best.savingNanoUsd, thresholdNanoUsd: best.thresholdNanoUsd };
}
