/** What the router's health is judged by, gathered from the running parts. */
import { getHeapStatistics } from "node:v8";
import type { LedgerHealth } from "../../costs/ledger/ledger.ts";
import type { DependencyCondition, HealthInputs } from "../../monitoring/health/overall-health.ts";
import type { ServiceLife } from "../drain-server.ts";
import type { ProcessState } from "../process/process-state.ts";
import type { Reloader } from "../reload.ts";

interface JudgedParts {
  readonly state: ProcessState;
  readonly reloader: Pick<Reloader, "isCurrent">;
  readonly phase: () => ServiceLife["phase"];
}

export function healthInputs({ state, reloader, phase }: JudgedParts): HealthInputs {
  const heap = getHeapStatistics();
  return {
    providers: state.providerHealth.read(),
    dependencies: [
      ledgerCondition(state.ledger.health()),
      budgetCondition(state.budgets.health()),
      ...(state.redis === null ? [] : [redisCondition(state.redis.trouble())]),
    ],
    isDraining: phase() === "draining",
    isConfigCurrent: reloader.isCurrent(),
    eventLoopLagMs: state.metrics.recentEventLoopLagMs(),
    heapRatio: heap.used_heap_size / heap.heap_size_limit,
  };
}

function ledgerCondition({ state, waitingRows, spilledRows, lostRows, lastError }: LedgerHealth): DependencyCondition {
  const lost = lostRows === 0 ? "" : `, ${lostRows} are lost`;
  const why = lastError === null ? "" : `: ${lastError}`;
  const consequence = `call records wait (${waitingRows} in memory, ${spilledRows} on disk)${lost}${why}`;
  return { name: "ledger", isUp: state === "ok", consequence, isRequired: false };
}

function redisCondition(trouble: string | null): DependencyCondition {
  const consequence = `what routers share is not shared${trouble === null ? "" : ` (${trouble})`}`;
  return { name: "redis", isUp: trouble === null, consequence, isRequired: false };
}

function budgetCondition(health: {
  readonly state: "ok" | "degraded";
  readonly onStoreFailure: "open" | "closed";
  readonly lastError: string | null;
}): DependencyCondition {
  const isRequired = health.onStoreFailure === "closed";
  const what = isRequired ? "calls of callers with a cap are refused" : "budgets are not enforced";
  const consequence = health.lastError === null ? what : `${what}: ${health.lastError}`;
  return { name: "budgets", isUp: health.state === "ok", consequence, isRequired };
}
