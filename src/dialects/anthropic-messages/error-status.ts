/** The HTTP status that belongs to each `error.type` of Anthropic: https://docs.anthropic.com/en/api/errors */
import { ownValue } from "../../core/json/own-value.ts";

const statuses: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** The status of an error type, null for types that are not Anthropic's. */
export function errorStatus(type: string | null): number | null {
  return type === null ? null : (ownValue(statuses, type) ?? null);
}
