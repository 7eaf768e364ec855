/** What a provider's error answer means: whose fault it is, whether another try makes sense and where. */
import { GatewayError } from "../core/errors/errors.ts";
import type { ErrorCode } from "../core/errors/errors.ts";
import { errorTable } from "../core/errors/error-table.ts";
import type { StreamedError } from "../dialects/answer-facts.ts";
import { errorCodeOf, errorMessage } from "../dialects/errors/error-code.ts";
import { readErrorBody } from "../dialects/errors/read-error-body.ts";
import type { ErrorBody } from "../dialects/errors/read-error-body.ts";
import { readStreamedError } from "../dialects/streamed-error.ts";
import { readRetryAfterMs } from "./retry-after.ts";
import type { UpstreamHeaders } from "./upstream/upstream.ts";

export interface Failure {
  readonly code: ErrorCode;
  /** One sentence for the client: the provider's own words, a context overflow in the words that clients know. */
  readonly message: string;
  /** What the provider asked for; null if it did not. */
  readonly retryAfterMs: number | null;
  /** The same request to the same target may succeed a little later. */
  readonly isRetryableHere: boolean;
  /** What the provider asks of the same call (`x-should-retry`); after `false` another key or another target may serve it. */
  readonly shouldRetry: "true" | "false" | null;
  /** The same request may succeed at once with another key of this provider. */
  readonly mayOtherKeyHelp: boolean;
  /** The same request may succeed at another target. */
  readonly mayFailOver: boolean;
  /** Status for the client. */
  readonly status: number;
  /** What the provider answered with: what its key is judged by. */
  readonly providerStatus: number;
}

/** Classifies an answer with a status outside 2xx. `body`: what came of it, as text. */
export function classifyFailure(status: number, headers: UpstreamHeaders, body: string, nowMs: number): Failure {
  const said = readErrorBody(body);
  if (status >= 300 && status < 400) return describe("provider_bad_answer", status, redirectMessage(headers), null);
  if (status === 407)
    return describe("provider_unreachable", status, "A proxy before the provider wants a password.", null);
  const failure = judge(status, said, readRetryAfterMs(headers, body, nowMs));
  const shouldRetry = headers["x-should-retry"];
  if (shouldRetry === "false") return { ...failure, isRetryableHere: false, shouldRetry };
  return shouldRetry === "true" ? { ...failure, shouldRetry } : failure;
}

/** Classifies an error that came inside an answer of status 200. */
export function classifyStreamedError(error: StreamedError): Failure {
  const { status, said } = readStreamedError(error);
  return judge(status, said, readRetryAfterMs({}, error.message, 0));
}

/** The error that the client gets when nothing else is tried. */
export function toFailureError(failure: Failure): GatewayError {
  const { code, message, retryAfterMs, shouldRetry, status, providerStatus } = failure;
  const retryAfterSeconds = retryAfterMs === null ? undefined : Math.ceil(retryAfterMs / 1_000);
  // Of a key only the router knows whether another try helps, and a status may say by itself that it does.
  const isTold = shouldRetry === "false" || !(mayOtherKeyHelp(code) || errorTable[code].mayClientRetry);
  const headers = isTold && shouldRetry !== null ? { "x-should-retry": shouldRetry } : undefined;
  return new GatewayError(code, message, { retryAfterSeconds, status, providerStatus, headers });
}

/** An error that came inside an answer of status 200, as the client gets it. */
export function toStreamFailure(error: StreamedError): GatewayError {
  return toFailureError(classifyStreamedError(error));
}

function judge(status: number, said: ErrorBody, retryAfterMs: number | null): Failure {
  const code = errorCodeOf(status, said);
  const waitMs = code === "caller_context_overflow" ? null : retryAfterMs;
  return describe(code, status, errorMessage(code, said), waitMs);
}

/** Whether the same request to the same target may succeed a little later. */
export function isRetryableHere(code: ErrorCode, providerStatus: number): boolean {
  // A request that is larger than the limit of a minute is refused again in the next one.
  return retryableHere.has(code) && providerStatus !== 413;
}

const retryableHere: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "provider_rate_limited",
  "provider_overloaded",
  "provider_failed",
  "provider_timeout",
]);

const helpedByOtherKey: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "provider_rate_limited",
  "provider_rejected_credentials",
  "provider_denied_permission",
  "provider_out_of_credit",
]);

/** Whether the same call may succeed with another key of the provider. */
export function mayOtherKeyHelp(code: ErrorCode): boolean {
  return helpedByOtherKey.has(code);
}

function describe(code: ErrorCode, status: number, message: string, retryAfterMs: number | null): Failure {
  return {
    code,
    message: message === "" ? `The provider answered with status ${status} and no explanation.` : message,
    retryAfterMs,
    isRetryableHere: isRetryableHere(code, status),
    shouldRetry: null,
    mayOtherKeyHelp: mayOtherKeyHelp(code),
    mayFailOver: errorTable[code].mayFailOver,
    status: code === "provider_rejected_request" ? status : errorTable[code].status,
    providerStatus: status,
  };
}

function redirectMessage(headers: UpstreamHeaders): string {
  const location = headers["location"];
  const where = typeof location === "string" ? ` to ${location}` : "";
  return `The provider redirects${where}: check the provider's \`baseUrl\`.`;
}
