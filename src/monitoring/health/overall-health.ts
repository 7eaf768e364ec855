/** The router's health in one word, with the reasons: what `GET /health` answers. Pure. */
import type { ProviderHealth } from "./provider-health.ts";
import type { HealthStatus } from "./health-score.ts";

export interface DependencyCondition {
  readonly name: string;
  readonly isUp: boolean;
  /** What its absence means for calls, in words: `budgets are not enforced`, `costs wait in a buffer`. */
  readonly consequence: string;
  /** True where calls are refused without it (`budgets.onStoreFailure: closed`). */
  readonly isRequired: boolean;
}

export interface HealthInputs {
  readonly providers: readonly ProviderHealth[];
  readonly dependencies: readonly DependencyCondition[];
  readonly isDraining: boolean;
  /** False while the file on disk was refused and an older configuration runs. */
  readonly isConfigCurrent: boolean;
  /** 99th percentile of the event loop's lag. */
  readonly eventLoopLagMs: number;
  /** Used part of the heap's limit. */
  readonly heapRatio: number;
}

export interface HealthReason {
  readonly component: string;
  readonly status: Exclude<HealthStatus, "healthy">;
  readonly reason: string;
}

export interface OverallHealth {
  readonly status: HealthStatus;
  /** Why it is not healthy, the worst first; empty when it is. */
  readonly reasons: readonly HealthReason[];
}

const lagLimitMs = 100;
const heapLimit = 0.9;

/** Unhealthy: calls cannot be served. Degraded: they can, and something needs a look. */
export function overallHealth(inputs: HealthInputs): OverallHealth {
  const reasons = [...processReasons(inputs), ...providerReasons(inputs.providers), ...dependencyReasons(inputs)];
  const worst = reasons.filter((reason) => reason.status === "unhealthy");
  const rest = reasons.filter((reason) => reason.status !== "unhealthy");
  const status = worst.length > 0 ? "unhealthy" : rest.length > 0 ? "degraded" : "healthy";
  return { status, reasons: [...worst, ...rest] };
}

function processReasons(inputs: HealthInputs): HealthReason[] {
  const reasons: HealthReason[] = [];
  if (inputs.isDraining) reasons.push({ component: "router", status: "unhealthy", reason: "draining before it stops" });
  if (!inputs.isConfigCurrent) {
    reasons.push({
      component: "config",
      status: "degraded",
      reason: "the file was refused; the configuration before runs on",
    });
  }
  if (inputs.eventLoopLagMs > lagLimitMs) {
    const reason = `the event loop lags by ${Math.round(inputs.eventLoopLagMs)} ms`;
    reasons.push({ component: "process", status: "degraded", reason });
  }
  if (inputs.heapRatio > heapLimit) {
    const reason = `the heap is at ${Math.round(inputs.heapRatio * 100)} % of its limit`;
    reasons.push({ component: "process", status: "degraded", reason });
  }
  return reasons;
}

/** One sick provider is what fail-over is for; when none is left that could serve, the router is sick. */
function providerReasons(providers: readonly ProviderHealth[]): HealthReason[] {
  if (providers.length === 0)
    return [{ component: "providers", status: "unhealthy", reason: "no provider is configured" }];
  const sick = providers.filter((provider) => provider.status !== "healthy");
  const areAllDown = sick.filter((provider) => provider.status === "unhealthy").length === providers.length;
  return sick.map((provider) => {
    const error = provider.lastError === null ? "" : `; last error: ${provider.lastError.message}`;
    const reason = `${provider.status}, score ${provider.score.toFixed(2)}${error}`;
    return { component: `provider ${provider.name}`, status: areAllDown ? "unhealthy" : "degraded", reason };
  });
}

function dependencyReasons(inputs: HealthInputs): HealthReason[] {
  return inputs.dependencies
    .filter((dependency) => !dependency.isUp)
    .map(({ name, consequence, isRequired }) => ({
      component: name,
      status: isRequired ? "unhealthy" : "degraded",
      reason: `away: ${consequence}`,
    }));
}
