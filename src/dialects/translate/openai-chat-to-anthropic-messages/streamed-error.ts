/** An error that the provider sent inside an answer with status 200, as the router's own. */
import { GatewayError } from "../../../core/errors.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import { ownValue } from "../../../core/own-value.ts";
import type { StreamedError } from "../../answer-facts.ts";

const codes: Readonly<Record<string, ErrorCode>> = {
  overloaded_error: "provider_overloaded",
  rate_limit_error: "provider_rate_limited",
  timeout_error: "provider_timeout",
  invalid_request_error: "provider_rejected_request",
};

/** The provider's message under the code that fits its type. */
export function toStreamedError(error: StreamedError): GatewayError {
  return new GatewayError(ownValue(codes, error.type ?? "") ?? "provider_failed", error.message);
}
