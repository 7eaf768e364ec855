/**
 * What a client is told when a provider refuses the router's own credentials.
 *
 * The client cannot mend them, so it hears of them in the router's words and is not asked to log in or to try again.
 */
import type { ErrorCode } from "../../core/errors/errors.ts";
import { GatewayError } from "../../core/errors/errors.ts";

const codes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "provider_rejected_credentials",
  "provider_denied_permission",
  "provider_out_of_credit",
]);

/**
 * A provider's failure as the client is told of it: in the router's words where it is about the router's credentials for
 * `keyHolder` (see `AnswerContext`), else `error` itself. Claude Code takes any message with `x-api-key` for its own key's fault.
 */
export function inRouterWords(error: GatewayError, keyHolder: string | null): GatewayError {
  if (keyHolder === null || !codes.has(error.code)) return error;
  const words = error.message.replaceAll(/x-api-key/gi, "API key");
  const { retryAfterSeconds, status, providerStatus, headers } = error;
  const message = `${keyHolder} refuses the credentials that the router has for it (whoever runs the router can mend that): ${words}`;
  return new GatewayError(error.code, message, { retryAfterSeconds, status, providerStatus, headers });
}
