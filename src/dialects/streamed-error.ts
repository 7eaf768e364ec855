/** An error inside an answer of status 200, read as if it had come with a status of its own. */
import { GatewayError } from "../core/errors/errors.ts";
import { ownValue } from "../core/json/own-value.ts";
import { errorStatus } from "./anthropic-messages/error-status.ts";
import type { StreamedError } from "./answer-facts.ts";
import { readContextOverflow } from "./errors/context-overflow.ts";
import { errorCodeOf, errorMessage, rateWords } from "./errors/error-code.ts";
import { inRouterWords } from "./errors/own-credentials.ts";
import type { ErrorBody } from "./errors/read-error-body.ts";

/** What `error` says, and the status that the provider named or that its words belong to. */
export function readStreamedError(error: StreamedError): { readonly status: number; readonly said: ErrorBody } {
  const { type, message } = error;
  const code = error.code ?? type;
  const contextOverflow = readContextOverflow(message, code) ?? readContextOverflow("", type);
  const said = { type, code, message, contextOverflow };
  // The code first: OpenAI files overload under `server_error`, and a limit of the rate under `tokens`.
  const meant = knownStatus(code) ?? knownStatus(type) ?? likelyStatus(code) ?? likelyStatus(type) ?? 500;
  const isLimit = meant === 500 && rateWords.test(`${code} ${message}`);
  return { status: error.status ?? (isLimit ? 429 : meant), said };
}

/**
 * The same error as the client is told of it in the middle of its answer, when nothing else can be tried. `keyHolder`: see
 * `AnswerContext`.
 */
export function toToldError(error: StreamedError, keyHolder: string | null): GatewayError {
  const { status, said } = readStreamedError(error);
  const code = errorCodeOf(status, said);
  return inRouterWords(new GatewayError(code, errorMessage(code, said)), keyHolder);
}

/** Types and codes that OpenAI-dialect servers put into their streams, beside Anthropic's. */
const statuses: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  too_many_requests: 429,
  RESOURCE_EXHAUSTED: 429,
  insufficient_quota: 429,
  server_error: 500,
  server_is_overloaded: 503,
  slow_down: 503,
  UNAVAILABLE: 503,
};

function knownStatus(word: string | null): number | null {
  return word === null ? null : (errorStatus(word) ?? ownValue(statuses, word) ?? null);
}

/** Others are known by a part of them. */
const statusOfPart: readonly (readonly [RegExp, number])[] = [
  [/overloaded|capacity|service.?unavailable/i, 503],
  [/rate.?limit|too.?many|resource.?exhausted/i, 429],
  [/quota|billing|credit/i, 402],
  [/auth|api.?key/i, 401],
  [/permission|forbidden/i, 403],
  [/invalid|context.?length/i, 400],
];

function likelyStatus(word: string | null): number | null {
  return statusOfPart.find(([part]) => part.test(word ?? ""))?.[1] ?? null;
}
