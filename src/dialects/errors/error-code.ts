/**
 * Which code of the table an error of a provider has.
 *
 * By status first, but only as far as providers agree on it: used-up credit, unknown models, bad keys and prompts that
 * do not fit come under several statuses, so their wordings go before. docs/providers.md and the tests list them.
 */
import type { ErrorCode } from "../../core/errors/errors.ts";
import { contextOverflowMessage } from "./context-overflow.ts";
import type { ErrorBody } from "./read-error-body.ts";

/**
 * Credit used up, under 400, 402, 403, 412 and 429. Gemini's "exceeded your current quota" is a rate limit. Providers in
 * China say it in Chinese: https://github.com/langgenius/dify/issues/5850.
 */
const creditWords =
  /insufficient[ _](?:quota|balance|funds|credits?)|credit balance is too low|credit limit exceeded|arrearage|not enough credits|out of credits|(?:any|all available|no remaining) credits|spending limit|spend limit|payment[ _]required|billing[ _](?:error|hard[ _]limit|not[ _]active)|exceeded_current_quota|overdue[ _-]?payment|requires more credits|余额不足|额度不足|欠费/i;

/** These under any status: MiniMax files them under 500, or none (https://github.com/MiniMax-AI/MiniMax-M2/issues/62). */
const balanceWords = /insufficient[ _]balance/i;

/** A limit of the rate, in the words of an error. */
export const rateWords: RegExp =
  /rate[ _-]?limit|tokens per (?:minute|day)|requests per (?:minute|day)|too many requests|\b[TR]P[MD]\b/i;

const overloadWords =
  /overloaded|(?:over|at) capacity|capacity exceeded|no available capacity|loading model|server is busy/i;

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

/** The code of the table for an error that came with `status`, or would have. */
export function errorCodeOf(status: number, said: ErrorBody): ErrorCode {
  if (said.contextOverflow !== null && status !== 429 && status !== 401) return "caller_context_overflow";
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
    // The generation failed (Bedrock, TGI): https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
    case 424:
    case 425:
    // Google's server gave the request up, not we: https://github.com/googleapis/python-genai/issues/2506
    case 499:
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

/** One sentence for the client: the provider's own words, a context overflow in the words that clients know. */
export function errorMessage(code: ErrorCode, { contextOverflow, message }: ErrorBody): string {
  const isOverflow = code === "caller_context_overflow" && contextOverflow !== null;
  return isOverflow ? contextOverflowMessage(contextOverflow, message) : message;
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
