/**
 * A provider's health as one number from 0 to 1. Pure.
 *
 *     score = success × (0.6 + 0.4 × latency) × (0.3 + 0.7 × headroom) × (0.25 + 0.75 × breaker)
 *
 * A product, because no strength makes up for a provider that fails: with every call failing, all breakers open or
 * every call rate limited the score is below 0.5, where ProviderDown fires. Slowness alone never gets it below 0.6.
 */

/** Each from 0 (bad) to 1 (good). */
export interface HealthParts {
  /** Share of recent attempts that did not fail by the provider's fault. */
  readonly success: number;
  /** 1 up to one and a half times the usual latency, 0 from five times on. */
  readonly latency: number;
  /** Share of recent attempts that were not rate limited, and of what credentials may be asked now. */
  readonly headroom: number;
  /** Mean over the provider's circuit breakers: closed 1, half open (the next call goes) 0.5, open 0. */
  readonly breaker: number;
}

export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** The score of the parts; parts outside 0..1 count as the nearer end. */
export function healthScore(parts: HealthParts): number {
  return (
    unit(parts.success) *
    (0.6 + 0.4 * unit(parts.latency)) *
    (0.3 + 0.7 * unit(parts.headroom)) *
    (0.25 + 0.75 * unit(parts.breaker))
  );
}

/** The word for a score. */
export function healthStatus(score: number): HealthStatus {
  if (score >= 0.8) return "healthy";
  return score >= 0.5 ? "degraded" : "unhealthy";
}

/**
 * Success from decayed counts. One success is counted besides, so that a single failure of an idle provider is no
 * outage, and a provider left alone is given another chance as its failures fade.
 */
export function successPart(successes: number, failures: number): number {
  return (successes + 1) / (successes + failures + 1);
}

/** Latency from its recent ratio to the usual one; `weight` (decayed attempts) below five takes it less seriously. */
export function latencyPart(ratio: number, weight: number): number {
  if (!(ratio > 0)) return 1;
  const lateness = Math.log(ratio / 1.5) / Math.log(5 / 1.5);
  return 1 - unit(lateness) * Math.min(1, weight / 5);
}

/** Headroom from decayed counts (as success, one good attempt besides) and the share of credentials in use. */
export function headroomPart(attempts: number, limited: number, availableCredentials: number): number {
  return Math.min((attempts - limited + 1) / (attempts + 1), unit(availableCredentials));
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
