import { providerError } from "../provider-error.ts";
import type { ProviderError } from "../provider-error.ts";

/** Anthropic's refusal of a request: 400 `invalid_request_error`. */
export function invalid(message: string): ProviderError {
  return providerError(400, "invalid_request_error", message);
}
