/**
 * Reads the body of a provider's error answer, whatever its form: Anthropic's, OpenAI's, Gemini's list,
 * Mistral's flat one, FastAPI's `detail`, plain text, a proxy's HTML page.
 */
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { readContextOverflow } from "./context-overflow.ts";
import type { ContextOverflow } from "./context-overflow.ts";

export interface ErrorBody {
  /** The provider's own name for the kind of error (`invalid_request_error`, `RESOURCE_EXHAUSTED`). */
  readonly type: string | null;
  readonly code: string | null;
  /** One readable text; empty only where the body says nothing. */
  readonly message: string;
  readonly contextOverflow: ContextOverflow | null;
}

/** Longer messages are cut: some providers send the request back. */
const maxMessageCharacters = 2_000;

/** Terminals act on them: sequences that colour text, and single characters but for tabs and the ends of lines. */
// oxlint-disable-next-line no-control-regex
const controls = /\u001b\[[\d;]*[A-Za-z]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Deeper texts are none that anybody wrote for a reader. */
const maxTextDepth = 20;

/** What an error body says. Never throws. */
export function readErrorBody(body: string): ErrorBody {
  const document = parseJson(body);
  const fields = typeof document === "object" && document !== null ? readDocument(document, body) : readText(body);
  const message = cutMessage(fields.message.replaceAll(controls, "").trim());
  return { ...fields, message, contextOverflow: readOverflow(fields, message) };
}

interface ErrorFields {
  readonly type: string | null;
  readonly code: string | null;
  readonly message: string;
  /** The innermost error object. */
  readonly error: JsonObject;
}

function readDocument(document: JsonValue, body: string): ErrorFields {
  const outer = toJsonObject(Array.isArray(document) ? document[0] : document);
  const error = isJsonObject(outer["error"]) ? outer["error"] : outer;
  // At the top of Anthropic's body `type` only says that it is an error.
  const type = firstText(error["type"] === "error" ? null : error["type"], error["status"]);
  return { type, code: firstText(error["code"]), message: messageOf(outer, error) ?? body, error };
}

function messageOf(outer: JsonObject, error: JsonObject): string | null {
  const own = textOf(outer["error"]) ?? textOf(error["message"]) ?? textOf(error["detail"]) ?? textOf(outer["message"]);
  const named = typeof outer["error"] === "string" ? explanationOf(outer) : null;
  const text = named ?? own ?? textOf(outer["detail"]) ?? textOf(outer["errors"]) ?? textOf(outer["msg"]);
  // OpenRouter wraps the real provider's words.
  const raw = textOf(toJsonObject(error["metadata"])["raw"]);
  if (raw === null || text?.includes(raw) === true) return text;
  const said = parseJson(raw) === undefined ? raw : readErrorBody(raw).message;
  return text === null ? said : `${text}: ${said}`;
}

/** What stands beside an error that is a name or a status in words (Fastify, Spring, OAuth), with it in front. */
function explanationOf(outer: JsonObject): string | null {
  const said = textOf(outer["error_description"]) ?? textOf(outer["message"]) ?? textOf(outer["detail"]);
  return said === null ? null : `${textOf(outer["error"])}: ${said}`;
}

/** The text in a value: a string, the messages of a list, `message`, `msg`, `detail` or `error` of an object. */
function textOf(value: JsonValue | undefined, depth = 0): string | null {
  if (typeof value === "string") return value === "" ? null : value;
  if (depth === maxTextDepth) return null;
  const within = (inner: JsonValue | undefined): string | null => textOf(inner, depth + 1);
  if (Array.isArray(value)) {
    const texts = value.map(within).filter((text) => text !== null);
    return texts.length === 0 ? null : texts.join("; ");
  }
  if (!isJsonObject(value)) return null;
  const { message: words, msg, detail, error } = value;
  const message = within(words) ?? within(msg) ?? within(detail) ?? within(error);
  const place = toJsonArray(value["loc"])
    .map((part) => firstText(part))
    .filter((part) => part !== null && part !== "body");
  return message !== null && place.length > 0 ? `${place.join(".")}: ${message}` : message;
}

function readText(body: string): ErrorFields {
  return { type: null, code: null, message: /<html|<!doctype/i.test(body) ? readHtml(body) : body, error: {} };
}

/** A page's title, or its text without tags, scripts and styles. No tag holds another: else a page of beginnings takes seconds. */
function readHtml(html: string): string {
  const title = /<title[^<>]*>([^<]*)<\/title>/i.exec(html)?.[1]?.trim();
  if (title !== undefined && title !== "") return title;
  const bare = html.slice(0, 20_000).replace(/<(script|style)\b[^<>]*>.*?<\/\1>/gis, " ");
  return bare.replace(/<[^<>]*>/g, " ").replace(/\s+/g, " ");
}

function readOverflow(fields: ErrorFields, message: string): ContextOverflow | null {
  const overflow = readContextOverflow(message, fields.code) ?? readContextOverflow("", fields.type);
  if (overflow === null) return null;
  // llama.cpp sends the sizes as fields.
  const size = (name: string): number | null => (typeof fields.error[name] === "number" ? fields.error[name] : null);
  return {
    ...overflow,
    promptTokens: overflow.promptTokens ?? size("n_prompt_tokens"),
    limitTokens: overflow.limitTokens ?? size("n_ctx"),
  };
}

function firstText(...values: readonly (JsonValue | undefined)[]): string | null {
  for (const value of values) {
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return null;
}

function cutMessage(message: string): string {
  return message.length <= maxMessageCharacters ? message : `${message.slice(0, maxMessageCharacters)}…`;
}
