/**
 * Errors inside answers with status 200: as a payload of a stream, as a whole body, or as a finish reason.
 */
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { StreamedError } from "../answer-facts.ts";
import { readErrorBody } from "../errors/read-error-body.ts";
import { unframed } from "../sse.ts";

/**
 * Finish reasons that say "broken off": OpenRouter and Mistral, Z.ai, DeepSeek, vLLM when it is shut down or paused
 * (https://github.com/vllm-project/vllm/issues/57082); the rest is Gemini's, of calls that are none.
 */
const failedFinishes: ReadonlySet<string> = new Set([
  "error",
  "network_error",
  "insufficient_system_resource",
  "abort",
  "malformed_function_call",
  "unexpected_tool_call",
  "function_call_filter",
]);

/** The word of a finish reason that counts. Gemini writes `SAFETY`, and `content_filter: PROHIBITED_CONTENT`. */
export function finishWord(reason: string): string {
  return (reason.split(":", 1)[0] ?? "").trim().toLowerCase();
}

/** The error that a payload holds, or null for a payload of an answer. */
export function readPayloadError(payload: JsonObject): StreamedError | null {
  // Groq tells in a place of its own why it stopped an answer early.
  const error = [payload["error"], toJsonObject(payload["x_groq"])["error"]].find(isError);
  if (error !== undefined) return toStreamedError(error, payload);
  if (payload["type"] === "error" || payload["object"] === "error") return toStreamedError(payload, payload);
  const bare = toJsonArray(payload["choices"]).length > 0 ? null : readBareError(payload);
  return bare === null ? null : toStreamedError(bare, bare);
}

/** The error of an event that its name says to be one, or that nothing but an error would be. */
export function readErrorOfName(name: string, data: string): StreamedError | null {
  if (name === "error") return readNamedError(data);
  const payload = name === unframed ? parseJson(data) : null;
  return isJsonObject(payload) ? readPayloadError(payload) : null;
}

/** The error of an event that is named `error`: any of these, or whatever words it holds. Null for half an object. */
function readNamedError(data: string): StreamedError | null {
  const payload = parseJson(data);
  if (payload === undefined && /^\s*[{[]/.test(data)) return null;
  const known = isJsonObject(payload) ? readPayloadError(payload) : null;
  if (known !== null) return known;
  const { type, code, message } = readErrorBody(data);
  return { type: type ?? code, message: message || "The provider sent an error without words.", status: null };
}

/** What a message may stand beside, without any other sign of an error (AWS, Kong): with more it may be a sign of life. */
const besideBareMessage: ReadonlySet<string> = new Set(["message", "request_id", "requestId"]);

/** An error that stands for itself: Alibaba's and Z.ai's with `code`, MiniMax's as `base_resp`, FastAPI's `detail`, a bare `message`. */
function readBareError(payload: JsonObject): JsonObject | null {
  const { code, message, msg, detail, choices } = payload;
  const { status_code, status_msg } = toJsonObject(payload["base_resp"]);
  if (typeof status_code === "number" && status_code !== 0) return { code: status_code, message: status_msg };
  const isDetail = choices === undefined && (typeof detail === "string" || Array.isArray(detail)) && detail.length > 0;
  if (isDetail) return { code, message: readErrorBody(JSON.stringify({ detail })).message };
  if (message && Object.keys(payload).every((key) => besideBareMessage.has(key))) return { message };
  const isFailed = typeof code === "number" ? code >= 400 : typeof code === "string" && code !== "";
  return isFailed && typeof (message ?? msg) === "string" ? { code, message: message ?? msg } : null;
}

/** The error of a choice: its own, or a finish reason that means one. */
export function readChoiceError(choice: JsonObject): StreamedError | null {
  const error = choice["error"];
  if (isError(error)) return toStreamedError(error, choice);
  const finish = choice["finish_reason"];
  if (typeof finish !== "string" || !failedFinishes.has(finishWord(finish))) return null;
  return { type: finish, message: `The provider broke off its answer (${finish}).`, status: null };
}

/** Servers that send all their fields send this one empty beside a good answer. */
function isError(error: JsonValue | undefined): error is JsonValue {
  const isEmpty = isJsonObject(error) ? Object.keys(error).length === 0 : !error;
  return !isEmpty;
}

function toStreamedError(error: JsonValue, around: JsonObject): StreamedError {
  const fields = toJsonObject(error);
  const isNamed = fields["type"] !== "error";
  const type = firstText(
    isNamed ? fields["type"] : null,
    fields["code"],
    fields["status"],
    isJsonObject(error) ? null : around["code"],
  );
  const code = firstText(fields["code"]);
  const message = firstText(isJsonObject(error) ? null : error, fields["message"], fields["detail"], around["message"]);
  return {
    type,
    ...(code === null || code === type || /^\d+$/.test(code) ? {} : { code }),
    message: message ?? JSON.stringify(error),
    status: firstStatus(fields["code"], fields["status"], fields["status_code"], around["status"], around["code"]),
  };
}

function firstText(...values: readonly (JsonValue | undefined)[]): string | null {
  return (values.find((value) => typeof value === "string" && value !== "") as string | undefined) ?? null;
}

function firstStatus(...values: readonly (JsonValue | undefined)[]): number | null {
  for (const value of values) {
    const status = Number(value);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  return null;
}
