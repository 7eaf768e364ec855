/** An error that a simulated provider answers with, before its dialect gives it a body. */

import type { JsonObject } from "../core/json/json.ts";

export interface ProviderError {
  readonly status: number;
  readonly message: string;
  /** The provider's own word in `error.type`. */
  readonly type: string;
  /** `error.code` and `error.param` of the OpenAI dialect. */
  readonly code: string | null;
  readonly param: string | null;
  /** `error.details` of the Anthropic dialect, which its client libraries read; undefined for none. */
  readonly details?: JsonObject | undefined;
  /** Seconds, sent as `retry-after`. */
  readonly retryAfterSeconds: number | null;
}

/** An error without the fields that most lack. */
export function providerError(
  status: number,
  type: string,
  message: string,
  more: {
    readonly code?: string | null;
    readonly param?: string | null;
    readonly details?: JsonObject;
    readonly retryAfterSeconds?: number;
  } = {},
): ProviderError {
  return {
    status,
    type,
    message,
    code: more.code ?? null,
    param: more.param ?? null,
    details: more.details,
    retryAfterSeconds: more.retryAfterSeconds ?? null,
  };
}
