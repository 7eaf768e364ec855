/** Errors that come in the middle of an answer. */
import { errorTable } from "../../../core/errors/error-table.ts";
import type { GatewayError } from "../../../core/errors/errors.ts";
import type { StreamedError } from "../../answer-facts.ts";
import { toToldError } from "../../streamed-error.ts";

export interface AnthropicError {
  readonly type: string;
  readonly message: string;
}

/** An error that the provider put into its stream. `keyHolder`: see `AnswerContext`. */
export function fromStreamedError(error: StreamedError, keyHolder: string | null): AnthropicError {
  return fromGatewayError(toToldError(error, keyHolder));
}

/** An error of the router's. */
export function fromGatewayError(error: GatewayError): AnthropicError {
  return { type: errorTable[error.code].anthropicType, message: error.message };
}
