/**
 * What a client is told when a provider refuses the router's own credentials.
 *
 * The client cannot mend them, so it hears of them in the router's words and is not asked to log in or to try again.
 */
import type { ErrorCode } from "../core/errors.ts";
import { GatewayError, toRetryAfterSeconds } from "../core/errors.ts";
import type { Provider } from "../providers/provider.ts";

const codes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "provider_rejected_credentials",
  "provider_denied_permission",
  "provider_out_of_credit",
]);

/** Whether a failure is a matter of the router's own credentials, whose words are not the client's to act on. */
export function isAboutOwnCredentials(code: ErrorCode, provider: Provider): boolean {
  return codes.has(code) && !provider.isPassthrough;
}

/** Such a failure in the router's words. Claude Code takes any message with `x-api-key` for its own key's fault. */
export function toOwnCredentialsError(error: GatewayError, provider: Provider): GatewayError {
  const words = error.message.replaceAll(/x-api-key/gi, "API key");
  const { retryAfterSeconds, status } = error;
  const message = `${provider.name} refuses the credentials that the router has for it (whoever runs the router can mend that): ${words}`;
  return new GatewayError(error.code, message, { retryAfterSeconds, status });
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
