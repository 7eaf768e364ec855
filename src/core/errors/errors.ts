/** The one error type that reaches clients. Its codes, statuses and shapes stand in error-table.ts. */
import { errorTable } from "./error-table.ts";
import type { ErrorCode } from "./error-table.ts";
import type { JsonObject } from "../json/json.ts";

export type { ErrorCode } from "./error-table.ts";

export interface GatewayErrorOptions {
  readonly cause?: unknown;
  /** Seconds until a retry makes sense; sent as `retry-after`. */
  readonly retryAfterSeconds?: number | undefined;
  /** Status to send in place of the table's, where the provider's own is more telling. */
  readonly status?: number | undefined;
  /** Status of the provider's error, where one came, under whatever status: the one that it names, or that its words belong to. */
  readonly providerStatus?: number | undefined;
  /** `error.details` in the Anthropic dialect: what a client's own code reads. */
  readonly details?: JsonObject | undefined;
  /** More answer headers (spending caps, `allow`). */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The one error type that reaches clients: a code of the table and a sentence that says what to do. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  readonly providerStatus: number | undefined;
  readonly details: JsonObject | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GatewayError";
    this.code = code;
    this.status = options.status ?? errorTable[code].status;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.providerStatus = options.providerStatus;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }
}

/** A wait as `retryAfterSeconds` has it: whole, and at least one. */
export function toRetryAfterSeconds(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1000));
}

/** `error` itself if it is a GatewayError, else a `router_failed` around it. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError("router_failed", "The router failed to serve this call; its log says why.", { cause: error });
}
