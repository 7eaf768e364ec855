/** What the router's health is judged by, gathered from the running parts. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { DependencyCondition, HealthInputs } from "../monitoring/health/overall-health.ts";
import type { AdminParts } from "./admin-routes.ts";

/** Its timer does not keep the process alive; 20 ms is coarse enough to cost nothing. */
const loopDelay = monitorEventLoopDelay({ resolution: 20 });
loopDelay.enable();

export function healthInputs({ state, runtime, reloader, phase }: AdminParts): HealthInputs {
  const heap = getHeapStatistics();
  return {
    providers: state.providerHealth.read(),
    dependencies: [
      ledgerCondition(state.ledger.health().state === "ok"),
      budgetCondition(runtime().gateway.budgets.health()),
    ],
    isDraining: phase() === "draining",
    isConfigCurrent: reloader.isCurrent(),
    eventLoopLagMs: Math.max(0, loopDelay.percentile(99) / 1e6 - 20),
    heapRatio: heap.used_heap_size / heap.heap_size_limit,
  };
}

function ledgerCondition(isUp: boolean): DependencyCondition {
  return { name: "ledger", isUp, consequence: "call records wait in a buffer", isRequired: false };
}

function budgetCondition(health: {
  readonly state: "ok" | "degraded";
  readonly onStoreFailure: "open" | "closed";
}): DependencyCondition {
  const isRequired = health.onStoreFailure === "closed";
  const consequence = isRequired ? "calls of callers with a cap are refused" : "budgets are not enforced";
  return { name: "budgets", isUp: health.state === "ok", consequence, isRequired };
}
