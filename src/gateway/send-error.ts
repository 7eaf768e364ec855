/** Sends an error in the client's dialect, or as the provider wrote it. The one place where errors become answers. */
import type { Dialect } from "../core/dialect.ts";
import { errorTable } from "../core/errors/error-table.ts";
import type { GatewayError } from "../core/errors/errors.ts";
import { renderError } from "../dialects/errors/render-error.ts";
import { ownHeaders, passAnswerHeaders, pushAll, requestIdHeader } from "./answer-headers.ts";
import type { Exchange, FlatHeaders } from "./request/exchange.ts";
import type { OpenCall } from "./open-call.ts";
import type { OriginalError } from "./answer/original-error.ts";

/** Answers a call that failed before anything of an answer was sent. */
export function sendCallError(call: OpenCall, error: GatewayError, original: OriginalError | null, now: number): void {
  const headers = ownHeaders(call, now);
  if (original === null) sendError(call.exchange, call.dialect, error, call.id, headers);
  else {
    passAnswerHeaders(headers, original.headers, call);
    // Only a status of 500 and more would be tried again; of a client's own login the client knows more.
    const isHopeless = original.status >= 500 && !errorTable[error.code].mayClientRetry;
    if (isHopeless && original.headers["x-should-retry"] === undefined && !isOwnLogin(call))
      headers.push("x-should-retry", "false");
    call.exchange.respond(original.status, headers, original.body);
  }
}

function isOwnLogin({ prepared }: OpenCall): boolean {
  return prepared?.provider.isPassthrough === true;
}

/** Answers any request with an error of the table. */
export function sendError(
  exchange: Exchange,
  dialect: Dialect,
  error: GatewayError,
  callId: string,
  headers: FlatHeaders = ["x-ccr-request-id", callId],
): void {
  headers.push("content-type", "application/json", requestIdHeader[dialect], callId);
  if (error.retryAfterSeconds !== undefined) headers.push("retry-after", String(Math.ceil(error.retryAfterSeconds)));
  if (!errorTable[error.code].mayClientRetry && error.headers["x-should-retry"] === undefined)
    headers.push("x-should-retry", "false");
  pushAll(headers, error.headers);
  exchange.respond(error.status, headers, renderError(dialect, error, callId));
}
