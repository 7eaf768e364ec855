/** An error that the provider sent inside an answer with status 200, as the router's own. */
import { GatewayError } from "../../../core/errors.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import type { StreamedError } from "../../answer-facts.ts";

const codes: Readonly<Record<number, ErrorCode>> = {
  400: "provider_rejected_request",
  429: "provider_rate_limited",
  504: "provider_timeout",
  529: "provider_overloaded",
};

/** The provider's message under the code that fits its status. */
export function toStreamedError({ status, message }: StreamedError): GatewayError {
  return new GatewayError((status === null ? undefined : codes[status]) ?? "provider_failed", message);
}
