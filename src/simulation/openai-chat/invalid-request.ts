import { providerError } from "../provider-error.ts";
import type { ProviderError } from "../provider-error.ts";

/** OpenAI's refusal of a request: 400 `invalid_request_error`, with the field in `param`. */
export function invalid(message: string, param: string | null = null, code: string | null = null): ProviderError {
  return providerError(400, "invalid_request_error", message, { param, code });
}
