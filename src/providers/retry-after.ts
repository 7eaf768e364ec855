/**
 * How long a provider asks us to wait, from wherever it says so: `retry-after-ms`, `retry-after` (seconds or a date),
 * Gemini's RetryInfo, the reset of the limit that is used up, or a sentence in the message.
 *
 * Sources: https://docs.anthropic.com/en/api/rate-limits, https://platform.openai.com/docs/guides/rate-limits,
 * https://console.groq.com/docs/rate-limits, https://openrouter.ai/docs/api-reference/limits,
 * https://cloud.google.com/apis/design/errors#error_details.
 */
import { parseJson, toJsonArray, toJsonObject } from "../core/json/json.ts";
import type { JsonValue } from "../core/json/json.ts";
import type { UpstreamHeaders } from "./upstream/upstream.ts";

/** Quotas last a month at most: what is said beyond is a defect. */
const longestWaitMs = 31 * 86_400_000;

/** Milliseconds to wait from now, 31 days at most; null where nothing is said. */
export function readRetryAfterMs(headers: UpstreamHeaders, body: string, nowMs: number): number | null {
  // Moments are by the provider's clock, which ours may be minutes off.
  const answeredAtMs = Date.parse(header(headers, "date") ?? "");
  const theirNowMs = Number.isNaN(answeredAtMs) ? nowMs : answeredAtMs;
  const waitMs =
    readMilliseconds(header(headers, "retry-after-ms")) ??
    readWait(header(headers, "retry-after"), theirNowMs) ??
    readRetryInfo(body) ??
    readSpentLimit(headers, theirNowMs) ??
    readSentence(body);
  return waitMs === null ? null : Math.min(Math.max(0, waitMs), longestWaitMs);
}

/** A duration as Go and Google print it: `1m2.5s`, `120ms`, `34.07s`, `2h`; null for anything else. */
export function parseDurationMs(text: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|d|h|m|s))+$/.test(text)) return null;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g))
    sum += Number(amount) * (unitMs[unit ?? ""] ?? 0);
  return Math.ceil(sum);
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a header says; of several the first, of numbers that somebody joined by commas too. */
function header(headers: UpstreamHeaders, name: string): string | null {
  const value = headers[name];
  const text = (Array.isArray(value) ? value[0] : value)?.trim() ?? "";
  if (text === "") return null;
  return /^[\d., ]+$/.test(text) ? text.split(",", 1)[0]!.trim() : text;
}

function readMilliseconds(text: string | null): number | null {
  if (text === null) return null;
  const ms = Number(text);
  return Number.isFinite(ms) && ms >= 0 ? Math.ceil(ms) : null;
}

/** A date of HTTP or ISO 8601. The old form of HTTP's names no time zone, and means UTC like the others. */
function untilDate(text: string, nowMs: number): number | null {
  if (!/\d\d:\d\d/.test(text)) return null;
  const isZoned = /(?:Z|GMT|UTC|[+-]\d\d:?\d\d)$/i.test(text);
  const atMs = Date.parse(isZoned ? text : /^\d{4}-/.test(text) ? `${text}Z` : `${text} UTC`);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

/** `error.details[].retryDelay` of google.rpc.RetryInfo. */
function readRetryInfo(body: string): number | null {
  if (!body.includes("retryDelay")) return null;
  const document: JsonValue | undefined = parseJson(body);
  const outer = toJsonObject(Array.isArray(document) ? document[0] : document);
  for (const detail of toJsonArray(toJsonObject(outer["error"])["details"])) {
    const delay = toJsonObject(detail)["retryDelay"];
    if (typeof delay === "string") return parseDurationMs(delay);
  }
  return null;
}

/** Reset of the limits of which nothing remains, the latest of them. */
function readSpentLimit(headers: UpstreamHeaders, nowMs: number): number | null {
  const spent: number[] = [];
  for (const name of Object.keys(headers)) {
    if (!/^(?:x-|anthropic-)?ratelimit-(?:(.*)-)?reset(-.*)?$/.test(name)) continue;
    const remaining = header(headers, name.replace("reset", "remaining"));
    const resetMs = readWait(header(headers, name), nowMs);
    if (resetMs !== null && remaining !== null && Number(remaining) <= 0) spent.push(resetMs);
  }
  return spent.length === 0 ? null : Math.max(...spent);
}

/** A duration, seconds from now, or a moment: Unix seconds, Unix milliseconds, a date. */
function readWait(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const number = Number(text);
  if (!Number.isFinite(number)) return parseDurationMs(text) ?? untilDate(text, nowMs);
  if (number >= 1e12) return Math.max(0, number - nowMs);
  if (number >= 1e9) return Math.max(0, number * 1_000 - nowMs);
  return number < 0 ? null : Math.ceil(number * 1_000);
}

/** "Please try again in 1m7.66s." */
function readSentence(body: string): number | null {
  const text = /(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?(?:ms|[dhms]))+)\b/i.exec(body)?.[1];
  if (text !== undefined) return parseDurationMs(text.toLowerCase());
  const [, amount, unit] =
    /(?:try again|retry) (?:in|after) (\d+(?:\.\d+)?) ?(s|m|h)(?:econd|inute|our)/i.exec(body) ?? [];
  return amount === undefined ? null : Math.ceil(Number(amount) * (unitMs[unit?.toLowerCase() ?? ""] ?? 0));
}
