/** Failures of the credentials that the router itself has for a provider. */
import { GatewayError, toRetryAfterSeconds } from "../../core/errors/errors.ts";
import type { Provider } from "../../providers/provider.ts";

/** The provider's name, where the router has credentials for it; null where they are the client's own. */
export function keyHolderOf(provider: Provider): string | null {
  return provider.isPassthrough ? null : provider.name;
}

/** The failure of a provider all of whose credentials rest for `model` until `untilMs`: by the refusal that they rest from. */
export function toRestingError(provider: Provider, model: string, untilMs: number, nowMs: number): GatewayError {
  const resting = provider.credentials.states(nowMs);
  const wait = { retryAfterSeconds: toRetryAfterSeconds(untilMs - nowMs) };
  const limited = resting.some(({ lastStatus }) => lastStatus !== 401 && lastStatus !== 402);
  if (limited) {
    const message = `${provider.name}: all its credentials are cooling down for ${model}`;
    return new GatewayError("provider_rate_limited", message, wait);
  }
  const code = resting.every(({ lastStatus }) => lastStatus === 402)
    ? "provider_out_of_credit"
    : "provider_rejected_credentials";
  const refused = resting.map(({ name, lastStatus }) => `${name}: ${lastStatus}`).join(", ");
  const message = `${provider.name} has refused all credentials that the router has for it (${refused}), which rest for now; whoever runs the router can mend that`;
  return new GatewayError(code, message, wait);
}
