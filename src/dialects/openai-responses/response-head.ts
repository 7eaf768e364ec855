/** What chunks and completions say of the response that they are made from. */
import { toJsonObject } from "../../core/json.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";

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

/** The error of a response that failed, or of an event; null for none. */
export function toChatError(failed: JsonObject): JsonObject | null {
  const error: JsonValue | undefined = failed["error"] ?? (failed["type"] === "error" ? failed : null);
  if (error === null || error === undefined) return null;
  const { message, code, param } = toJsonObject(error);
  return {
    error: {
      message: message ?? "The response failed.",
      type: typeOf(code),
      param: param ?? null,
      code: code ?? null,
    },
  };
}

/** The request's own faults: https://developers.openai.com/api/docs/api-reference/responses/object lists some of them. */
const requestCodes = /^(invalid|unsupported|context_length)|image|policy/;

/** Who reads an error of Chat Completions goes by its type: it is the code, but for what no other target could serve. */
function typeOf(code: JsonValue | undefined): string {
  if (typeof code !== "string") return "server_error";
  return requestCodes.test(code) ? "invalid_request_error" : code;
}
