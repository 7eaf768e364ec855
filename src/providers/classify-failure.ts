/**
 * What a provider's error answer means: whose fault it is, whether another try makes sense and where.
 *
 * By status first, but only as far as providers agree on it: used-up credit, unknown models, bad keys and prompts that
 * do not fit come under several statuses, so their wordings go before. docs/providers.md and the tests list them.
 */
import { GatewayError } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import { errorTable } from "../core/error-table.ts";
import { ownValue } from "../core/own-value.ts";
import type { StreamedError } from "../dialects/answer-facts.ts";
import { errorStatus } from "../dialects/anthropic-messages/error-status.ts";
import { contextOverflowMessage, readContextOverflow } from "../dialects/errors/context-overflow.ts";
import { readErrorBody } from "../dialects/errors/read-error-body.ts";
import type { ErrorBody } from "../dialects/errors/read-error-body.ts";
import { readRetryAfterMs } from "./retry-after.ts";
import type { UpstreamHeaders } from "./upstream.ts";

export interface Failure {
  readonly code: ErrorCode;
  /** One sentence for the client: the provider's own words, a context overflow in the words that clients know. */
  readonly message: string;
  /** What the provider asked for; null if it did not. */
  readonly retryAfterMs: number | null;
  /** The same request to the same target may succeed a little later. */
  readonly isRetryableHere: boolean;
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
  return judge(status, said, readRetryAfterMs(headers, body, nowMs));
}

/** Classifies an error that came inside an answer of status 200. */
export function classifyStreamedError({ type, message, status }: StreamedError): Failure {
  const contextOverflow = readContextOverflow(message, type);
  const said = { type, code: type, message, contextOverflow };
  return judge(
    status ?? errorStatus(type) ?? ownValue(statusOfType, type ?? "") ?? 500,
    said,
    readRetryAfterMs({}, message, 0),
  );
}

/** The error that the client gets when nothing else is tried. */
export function toFailureError(failure: Failure): GatewayError {
  const seconds = failure.retryAfterMs === null ? undefined : Math.ceil(failure.retryAfterMs / 1_000);
  return new GatewayError(failure.code, failure.message, { retryAfterSeconds: seconds, status: failure.status });
}

/** An error that came inside an answer of status 200, as the client gets it. */
export function toStreamFailure(error: StreamedError): GatewayError {
  return toFailureError(classifyStreamedError(error));
}

/** Types that OpenAI-dialect servers put into their streams, beside Anthropic's. */
const statusOfType: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  too_many_requests: 429,
  RESOURCE_EXHAUSTED: 429,
  insufficient_quota: 429,
  server_error: 500,
  server_is_overloaded: 503,
  slow_down: 503,
  UNAVAILABLE: 503,
};

/**
 * Credit used up, under 400, 402, 403, 412 and 429. Gemini's "exceeded your current quota" is a rate limit. Providers in
 * China say it in Chinese: https://github.com/langgenius/dify/issues/5850.
 */
const creditWords =
  /insufficient[ _](?:quota|balance|funds|credits?)|credit balance is too low|credit limit exceeded|arrearage|not enough credits|out of credits|(?:any|all available|no remaining) credits|spending limit|spend limit|payment[ _]required|billing[ _](?:error|hard[ _]limit|not[ _]active)|exceeded_current_quota|overdue[ _-]?payment|requires more credits|余额不足|额度不足|欠费/i;

/** These under any status: MiniMax files them under 500, or none (https://github.com/MiniMax-AI/MiniMax-M2/issues/62). */
const balanceWords = /insufficient[ _]balance/i;

const rateWords =
  /rate[ _-]?limit|tokens per (?:minute|day)|requests per (?:minute|day)|too many requests|\b[TR]P[MD]\b/i;

const overloadWords = /overloaded|over capacity|capacity exceeded|no available capacity|loading model|server is busy/i;

const modelCodes: ReadonlySet<string> = new Set([
  "model_not_found",
  "invalid_model",
  "unknown_model",
  "model_not_available",
  "model_not_exist",
]);

const modelWords =
  /model not (?:exist|found)|model .{0,120}(?:not found|does not exist|not exist)|not a valid model|(?:invalid|unknown) model\b/i;

const keyWords =
  /api[ _]?key (?:is )?(?:not valid|invalid|incorrect|missing|expired|not found)|(?:invalid|incorrect|missing) (?:api[ _]?key|authentication|x-api-key|bearer token)|api_key_invalid/i;

const policyWords = /content[ _](?:policy|filter)|moderation|flagged|safety system|blocked by/i;

/** The model wrote a tool call that the provider could not parse: another try often helps. https://console.groq.com/docs/tool-use */
const badGeneration = "tool_use_failed";

function judge(status: number, said: ErrorBody, retryAfterMs: number | null): Failure {
  const { contextOverflow, message } = said;
  if (contextOverflow !== null && status !== 429 && status !== 401) {
    return describe("caller_context_overflow", status, contextOverflowMessage(contextOverflow, message), null);
  }
  return describe(codeOf(status, said), status, message, retryAfterMs);
}

function codeOf(status: number, said: ErrorBody): ErrorCode {
  const words = `${said.type ?? ""} ${said.code ?? ""} ${said.message}`;
  if (balanceWords.test(words)) return "provider_out_of_credit";
  const special = status < 500 ? codeOfWords(status, said, words) : null;
  if (special !== null) return special;
  if (overloadWords.test(words) && status !== 400 && status !== 404) return "provider_overloaded";
  switch (status) {
    case 401:
      return "provider_rejected_credentials";
    case 403:
      return keyWords.test(words) ? "provider_rejected_credentials" : "provider_denied_permission";
    case 402:
      return "provider_out_of_credit";
    case 404:
    case 405:
      return "provider_model_not_found";
    case 408:
    case 504:
    case 524:
      return "provider_timeout";
    case 409:
    case 425:
      return "provider_failed";
    case 413:
      return "provider_request_too_large";
    case 429:
      return "provider_rate_limited";
    case 498:
    case 503:
    case 529:
      return "provider_overloaded";
    case 501:
      return "router_not_supported";
    default:
      return status >= 500 ? "provider_failed" : "provider_rejected_request";
  }
}

function codeOfWords(status: number, said: ErrorBody, words: string): ErrorCode | null {
  // Credit is asked for first: several providers file it under 429 and 403.
  if (said.type !== "RESOURCE_EXHAUSTED" && creditWords.test(words)) return "provider_out_of_credit";
  if (said.code === badGeneration || said.type === badGeneration) return "provider_failed";
  if (status === 413 && rateWords.test(words)) return "provider_rate_limited";
  if (status === 400 || status === 422) {
    if (keyWords.test(words)) return "provider_rejected_credentials";
    const isModel = modelCodes.has(said.code ?? "") || modelCodes.has(said.type ?? "") || modelWords.test(said.message);
    return isModel ? "provider_model_not_found" : null;
  }
  if (status === 403 && policyWords.test(words)) return "provider_rejected_request";
  return null;
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
    // A request that is larger than the limit of a minute is refused again in the next one.
    isRetryableHere: retryableHere.has(code) && status !== 413,
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
