/** What chunks and completions say of the response that they are made from. */
import { isJsonObject, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { errorStatus } from "../anthropic-messages/error-status.ts";

/** `id`, `created`, `model` and the service tier, in the order of Chat Completions. */
export function toChatHead(response: JsonObject, object: string): JsonObject {
  const { id, created_at, model, service_tier } = response;
  return {
    id: id ?? "",
    object,
    created: typeof created_at === "number" ? Math.floor(created_at) : 0,
    model: model ?? "",
    ...(typeof service_tier === "string" && { service_tier }),
  };
}

/** Why a response ended. `hasCalls`: it calls tools. */
export function toFinishReason(response: JsonObject, hasCalls: boolean): string {
  if (response["status"] === "incomplete") {
    const { reason } = toJsonObject(response["incomplete_details"]);
    return reason === "content_filter" ? "content_filter" : "length";
  }
  return hasCalls ? "tool_calls" : "stop";
}

/** Whether a response that is over did not come about. */
export function isFailed({ status, error }: JsonObject): boolean {
  return status === "failed" || status === "cancelled" || isJsonObject(error);
}

/** The error of a response that failed, or of an event, as Chat Completions tells it; null where it has none. */
export function toChatError(failed: JsonObject): JsonObject | null {
  const nested = isJsonObject(failed["error"]) ? failed["error"] : null;
  const isTold = nested !== null || failed["type"] === "error";
  const { message, code, param } = nested ?? failed;
  const text = typeof failed["error"] === "string" ? failed["error"] : "The response failed.";
  if (!isTold) return null;
  return {
    error: {
      message: message ?? text,
      type: typeOf(nested?.["type"], code),
      param: param ?? null,
      code: code ?? null,
    },
  };
}

/** The request's own faults: https://developers.openai.com/api/docs/api-reference/responses/object lists some of them. */
const requestCodes = /^(invalid|unsupported|context_length|string_|missing_required)|image|policy|content_filter/;

/** Who reads an error of Chat Completions goes by its type: a well-known one, else the code, but for faults of the request. */
function typeOf(type: JsonValue | undefined, code: JsonValue | undefined): string {
  if (typeof type === "string" && errorStatus(type) !== null) return type;
  if (typeof code !== "string") return "server_error";
  return requestCodes.test(code) ? "invalid_request_error" : code;
}
