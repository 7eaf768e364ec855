/** Errors that come in the middle of an answer. */
import { errorTable } from "../../../core/error-table.ts";
import type { GatewayError } from "../../../core/errors.ts";
import type { StreamedError } from "../../answer-facts.ts";
import { contextOverflowMessage, readContextOverflow } from "../../errors/context-overflow.ts";

/** https://docs.anthropic.com/en/api/errors. */
const typeOfStatus: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  408: "timeout_error",
  413: "request_too_large",
  422: "invalid_request_error",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** Where no status is named: a word of the provider's type, and what it means. */
const typeOfWord: readonly (readonly [RegExp, string])[] = [
  [/overloaded|capacity/i, "overloaded_error"],
  [/rate.?limit|too.?many|resource.?exhausted/i, "rate_limit_error"],
  [/quota|billing|credit/i, "billing_error"],
  [/auth|api.?key/i, "authentication_error"],
  [/permission|forbidden/i, "permission_error"],
  [/invalid|context.?length/i, "invalid_request_error"],
];

export interface AnthropicError {
  readonly type: string;
  readonly message: string;
}

/** An error that the provider put into its stream. */
export function fromStreamedError(error: StreamedError): AnthropicError {
  const overflow = readContextOverflow(error.message, error.type);
  if (overflow !== null) {
    // Claude Code compacts the conversation on Anthropic's own wording only.
    return { type: "invalid_request_error", message: contextOverflowMessage(overflow, error.message) };
  }
  const named = error.status === null ? undefined : typeOfStatus[error.status];
  const told = named ?? typeOfWord.find(([word]) => error.status === null && word.test(error.type ?? ""))?.[1];
  return { type: told ?? "api_error", message: error.message };
}

/** An error of the router's. */
export function fromGatewayError(error: GatewayError): AnthropicError {
  return { type: errorTable[error.code].anthropicType, message: error.message };
}
