import { providerError } from "../provider-error.ts";
import type { ProviderError } from "../provider-error.ts";

/** OpenAI's refusal of a request: 400 `invalid_request_error`, with the field in `param`. */
export function invalid(message: string, param: string | null = null, code: string | null = null): ProviderError {
  return providerError(400, "invalid_request_error", message, { param, code });
}

/** OpenAI's refusal of a model that it does not know, which Groq has word for word. */
export function noSuchModel(name: string): ProviderError {
  const message = `The model \`${name}\` does not exist or you do not have access to it.`;
  return providerError(404, "invalid_request_error", message, { code: "model_not_found" });
}
