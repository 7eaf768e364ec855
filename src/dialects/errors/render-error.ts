/** An error in the shape of the client's dialect, as a body and as the last event of a stream. */
import type { Dialect } from "../../core/dialect.ts";
import { errorTable } from "../../core/errors/error-table.ts";
import type { GatewayError } from "../../core/errors/errors.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { formatSseData, formatSseEvent } from "../sse.ts";
import { inOpenaisWords } from "./context-overflow.ts";

/** The body of an error answer. `callId`: what the client shows as the request's id. */
export function renderError(dialect: Dialect, error: GatewayError, callId: string): string {
  return JSON.stringify(errorDocument(dialect, error, callId));
}

/** The SSE event that ends a stream with an error. Nothing may follow it. */
export function renderStreamError(dialect: Dialect, error: GatewayError, callId: string): string {
  const json = JSON.stringify(errorDocument(dialect, error, callId));
  return dialect === "anthropic-messages" ? formatSseEvent("error", json) : formatSseData(json);
}

function errorDocument(dialect: Dialect, error: GatewayError, callId: string): JsonObject {
  const { message, details } = error;
  if (dialect === "anthropic-messages") {
    return { type: "error", error: { type: anthropicType(error), message, details }, request_id: callId };
  }
  const isOverflow = error.code === "caller_context_overflow";
  return {
    error: {
      message: isOverflow ? inOpenaisWords(message) : message,
      type: openaiType(error),
      param: null,
      // Our own code, but for the one by which clients of this dialect recover.
      code: isOverflow ? "context_length_exceeded" : error.code,
    },
    request_id: callId,
  };
}

/** The table's type; where a provider's own status is passed on, the type that belongs to it. */
function anthropicType(error: GatewayError): string {
  const entry = errorTable[error.code];
  return error.status === entry.status ? entry.anthropicType : anthropicTypeOf(error.status);
}

const anthropicTypes: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  408: "timeout_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

function anthropicTypeOf(status: number): string {
  return anthropicTypes[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
}

function openaiType(error: GatewayError): string {
  const entry = errorTable[error.code];
  if (error.status === entry.status) return entry.openaiType;
  if (error.status === 401) return "authentication_error";
  if (error.status === 403) return "permission_error";
  if (error.status === 429) return "rate_limit_error";
  return error.status < 500 ? "invalid_request_error" : "server_error";
}
