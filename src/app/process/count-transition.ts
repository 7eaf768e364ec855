/** Counts the changes of circuit breakers. */
import type { EnhancedMetricsSystem } from "../../monitoring/metrics-system.ts";
import type { BreakerEvent } from "../../providers/breaker-board.ts";

export type Transition = Pick<BreakerEvent, "target" | "to">;

interface TransitionCount {
  readonly metrics: Pick<EnhancedMetricsSystem, "incrementBreakerTransition">;
}

/** Counts one of this router. */
export function countTransition({ metrics }: TransitionCount, { target, to }: Transition): void {
  metrics.incrementBreakerTransition(target.provider, to);
}
