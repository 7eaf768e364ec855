/**
 * Milliseconds to the first byte of each target, as its latest calls had them: what a ranking weighs. Bounded: the target seen
 * longest ago is forgotten.
 */
import { BoundedMap } from "../../core/collections/bounded-map.ts";
import type { CallRecord } from "../../core/record.ts";
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";
import type { Measured } from "./rank-candidates.ts";

export interface TargetLatencies {
  /** Learns from a call that its first target served: what failed before would count against the wrong one. */
  observe(record: CallRecord): void;
  find(target: Target): Measured | null;
}

/** Weight of a new call once there are twenty: older ones fade. */
const pace = 0.05;
const maxTargets = 1_000;

/** Knows nothing at first. */
export function createTargetLatencies(): TargetLatencies {
  const byTarget = new BoundedMap<Measured>(maxTargets);
  return {
    observe({ target, firstByteMs, outcome, attempts }) {
      if (target === null || firstByteMs === null || outcome !== "success" || attempts.length !== 1) return;
      const name = formatTarget(target);
      const { value, samples } = byTarget.get(name) ?? { value: 0, samples: 0 };
      const weight = Math.max(pace, 1 / (samples + 1));
      byTarget.set(name, { value: value + (firstByteMs - value) * weight, samples: samples + 1 });
    },
    find: (target) => byTarget.get(formatTarget(target)) ?? null,
  };
}
