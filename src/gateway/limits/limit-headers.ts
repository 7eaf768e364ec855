/**
 * Limits in the words of each dialect: headers that clients already read, and the refusal of a call.
 *
 * Of several limits that apply, the one with the smallest share left is described, for requests and tokens apart.
 */
import type { Dialect } from "../../core/dialect.ts";
import { GatewayError, toRetryAfterSeconds } from "../../core/errors/errors.ts";
import { waitForAllMs } from "./limit-level.ts";
import type { EnterResult, LimitState } from "./limit-store.ts";
import { describeLimit } from "./limits-for.ts";

interface Described {
  readonly limit: number;
  readonly left: number;
}

const none: Readonly<Record<string, string>> = {};

/** For every answer to a caller with limits. `atMs`: when the states were so, which may be minutes before the answer. */
export function limitHeaders(
  dialect: Dialect,
  states: readonly LimitState[],
  atMs: number,
  nowMs: number,
): Readonly<Record<string, string>> {
  if (states.length === 0) return none;
  const headers: Record<string, string> = {};
  const requests = tightest(states, (state) => [state.limit.requestsPerMinute, state.requestsLeft]);
  const tokens = tightest(states, (state) => [state.limit.tokensPerMinute, state.tokensLeft]);
  const add = dialect === "anthropic-messages" ? addAnthropic : addOpenAi;
  if (requests !== null) add(headers, "requests", requests, atMs, nowMs);
  if (tokens !== null) add(headers, "tokens", tokens, atMs, nowMs);
  return headers;
}

/** The error for a call that has no room under a limit. */
export function limitError(
  dialect: Dialect,
  refusal: Extract<EnterResult, { kind: "refused" }>,
  nowMs: number,
): GatewayError {
  const { by, what, waitMs, states } = refusal;
  const headers = limitHeaders(dialect, states, nowMs, nowMs);
  const whose = describeLimit(by);
  const retryAfterSeconds = toRetryAfterSeconds(waitMs);
  if (what === "calls") {
    const message = `${whose}: ${by.concurrentCalls} calls are in flight, the limit allows no more`;
    return new GatewayError("policy_concurrency_limited", message, { retryAfterSeconds, headers });
  }
  const perMinute = what === "tokens" ? by.tokensPerMinute : by.requestsPerMinute;
  const message = `${whose}: the limit of ${perMinute} ${what} a minute is reached; try again in ${retryAfterSeconds} s`;
  return new GatewayError("policy_rate_limited", message, { retryAfterSeconds, headers });
}

function tightest(
  states: readonly LimitState[],
  read: (state: LimitState) => readonly [number | null, number],
): Described | null {
  let found: Described | null = null;
  for (const state of states) {
    const [limit, left] = read(state);
    if (limit === null) continue;
    if (found === null || left / limit < found.left / found.limit) found = { limit, left };
  }
  return found;
}

/** As https://platform.claude.com/docs/en/api/rate-limits has them: the reset as an instant. */
function addAnthropic(headers: Record<string, string>, what: string, { limit, left }: Described, atMs: number): void {
  const prefix = `anthropic-ratelimit-${what}`;
  headers[`${prefix}-limit`] = String(limit);
  headers[`${prefix}-remaining`] = String(Math.floor(left));
  const resetMs = Math.ceil((atMs + waitForAllMs(left, limit)) / 1000) * 1000;
  headers[`${prefix}-reset`] = new Date(resetMs).toISOString().replace(".000Z", "Z");
}

/** As https://platform.openai.com/docs/guides/rate-limits has them: the reset as a span. */
function addOpenAi(
  headers: Record<string, string>,
  what: string,
  { limit, left }: Described,
  atMs: number,
  nowMs: number,
): void {
  headers[`x-ratelimit-limit-${what}`] = String(limit);
  headers[`x-ratelimit-remaining-${what}`] = String(Math.floor(left));
  headers[`x-ratelimit-reset-${what}`] = formatSpan(Math.max(0, Math.ceil(atMs + waitForAllMs(left, limit) - nowMs)));
}

/** `0s`, `350ms`, `12.5s`, `1m0s`. */
function formatSpan(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 1000) return `${ms}ms`;
  if (ms < 60_000) return `${Math.ceil(ms / 100) / 10}s`;
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
