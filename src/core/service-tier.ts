/** The tier of service by which a provider answered a call, where that is not its usual one: it may cost more or less. */

/** What providers call their usual service. */
const usualTiers = new Set(["standard", "default", "auto", "on_demand"]);

/** `priority`, `flex`, `batch` … as the provider says it in its answer; null for its usual service, or none named. */
export function toServiceTier(value: unknown): string | null {
  if (typeof value !== "string" || usualTiers.has(value)) return null;
  return /^[A-Za-z0-9_.-]{1,40}$/.test(value) ? value : null;
}
