/** One clear error out of all that was tried in vain. */
import { GatewayError } from "../../core/errors/errors.ts";
import { formatTarget, isSameTarget } from "../../core/target.ts";
import type { OriginalError } from "../answer/original-error.ts";
import type { FailedAttempt } from "./attempt-outcome.ts";

/**
 * The error that the client gets. Failures of one target: the last, as the provider wrote it. Several: the failure that tells
 * the client most (its own mistake, then a rate limit, then anything else), with what was tried and why it failed.
 */
export function combineFailures(failures: readonly FailedAttempt[]): {
  error: GatewayError;
  original: OriginalError | null;
} {
  const last = failures.at(-1);
  if (last === undefined)
    return { error: new GatewayError("router_no_target", "the plan of this call holds no target"), original: null };
  const isOneTarget = failures.every((failure) => isSameTarget(failure.target, last.target));
  if (isOneTarget || !last.mayFailOver) {
    // A breaker that this call's own failure opened says less than the failure does.
    const telling = failures.findLast(({ code }) => code !== "provider_circuit_open") ?? last;
    return { error: telling.error, original: telling.original };
  }
  // A target that is too dear for the caller's budget now is one way less: it is the others that may be well again.
  const leading =
    failures.find((failure) => failure.code === "provider_rate_limited") ??
    failures.findLast((failure) => !isForBudget(failure)) ??
    last;
  const tried = failures.map(({ target, code, error }) => `${formatTarget(target)}: ${code}: ${error.message}`);
  const message = `all ${tried.length} attempts failed. ${tried.join(" | ")}`;
  const waits = failures.flatMap(({ error }) => error.retryAfterSeconds ?? []);
  const retryAfterSeconds = waits.length === 0 ? undefined : Math.min(...waits);
  return { error: new GatewayError(leading.code, message, { retryAfterSeconds, cause: last.error }), original: null };
}

/** Whether the target was not asked for want of money. */
export function isForBudget({ code }: Pick<FailedAttempt, "code">): boolean {
  return code === "policy_budget_exceeded" || code === "policy_budget_held" || code === "dependency_budget_unreadable";
}
