/**
 * Credentials out of what a provider says of an error: some quote the key that they refuse, and their words go to the
 * client, into the ledger and to whoever asks how the router is. Pure.
 */

import { GatewayError } from "../../core/errors/errors.ts";

/** Takes the secrets of a request out of what came back for it. */
export type Hide = (bytes: Buffer) => Buffer;

/** Headers whose value is a secret, by their name. */
export const secretHeader: RegExp = /auth|key|token|secret|cookie/i;

/** Shorter values are words that stand in errors anyway. */
const shortestSecret = 8;

const hidden = "[hidden]";

/** `body` without the secrets among the headers that were sent; itself where it quotes none. */
export function hideCredentials(body: Buffer, sent: Readonly<Record<string, string>>): Buffer {
  const quoted = Object.entries(sent)
    .filter(([name]) => secretHeader.test(name))
    .map(([, value]) => value.replace(/^(?:bearer|basic) +/i, "").trim())
    .filter((secret) => secret.length >= shortestSecret && body.includes(secret));
  if (quoted.length === 0) return body;
  // The longest first: one may be a part of another.
  quoted.sort((a, b) => b.length - a.length);
  return Buffer.from(quoted.reduce((text, secret) => text.replaceAll(secret, hidden), body.toString()));
}

/** An error whose message quotes nothing; itself where it does not. */
export function hideInError(error: GatewayError, hide: Hide): GatewayError {
  const message = hide(Buffer.from(error.message)).toString();
  if (message === error.message) return error;
  const { code, status, retryAfterSeconds, providerStatus, details, headers, cause } = error;
  return new GatewayError(code, message, { status, retryAfterSeconds, providerStatus, details, headers, cause });
}
