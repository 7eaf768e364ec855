/** Settings of what is done about failures, as the configuration states them and routing and providers take them. */

/** `retries`. */
export interface RetrySettings {
  readonly attemptsPerTarget: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A provider's `retry-after` up to this is waited for. */
  readonly maxRetryAfterMs: number;
}

/** `breaker`. */
export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** Part of the window's calls that must have failed to open it, in (0, 1]. */
  readonly failureRatio: number;
  /** Fewer calls than this in the window say nothing about the ratio. */
  readonly minimumCalls: number;
  readonly windowMs: number;
  /** How long it stays open before the first probe. */
  readonly openMs: number;
  /** Probes that may be out at once, and that must succeed to close it. */
  readonly halfOpenProbes: number;
}
