/**
 * What a client is told when a provider refuses the router's own credentials.
 *
 * The client cannot mend them, so it hears of them in the router's words and is not asked to log in or to try again.
 */
import type { ErrorCode } from "../../core/errors.ts";
import { GatewayError } from "../../core/errors.ts";

const codes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "provider_rejected_credentials",
  "provider_denied_permission",
  "provider_out_of_credit",
]);

/** Whether a failure is a matter of the credentials that the provider got. */
export function isAboutCredentials(code: ErrorCode): boolean {
  return codes.has(code);
}

/** Such a failure of `provider` in the router's words. Claude Code takes any message with `x-api-key` for its own key's fault. */
export function toOwnCredentialsError(error: GatewayError, provider: string): GatewayError {
  const words = error.message.replaceAll(/x-api-key/gi, "API key");
  const { retryAfterSeconds, status, providerStatus } = error;
  const message = `${provider} refuses the credentials that the router has for it (whoever runs the router can mend that): ${words}`;
  return new GatewayError(error.code, message, { retryAfterSeconds, status, providerStatus });
}
