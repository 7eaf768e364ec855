/** The headers of an answer: the provider's own, less what belongs to its connection, and where the answer is from. */
import type { Dialect } from "../core/dialect.ts";
import { receivingMs } from "../core/record.ts";
import type { UpstreamHeaders } from "../providers/upstream/upstream.ts";
import { connectionOptions } from "./request/connection-options.ts";
import type { FlatHeaders } from "./request/exchange.ts";
import { limitHeaders } from "./limits/limit-headers.ts";
import type { OpenCall } from "./open-call.ts";

const connectionHeaders = new Set([
  "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authenticate", "content-length",
  "date", "server", "set-cookie", "alt-svc", "strict-transport-security", "via",
]); // prettier-ignore

/** Streams have the router's own: proxies in front must not hold their events back. */
const streamHeaders = new Set(["cache-control", "x-accel-buffering"]);

/** Where clients of a dialect read the request's id, for their logs: ours where no provider's passes. */
export const requestIdHeader: Readonly<Record<Dialect, string>> = {
  "anthropic-messages": "request-id",
  "openai-chat": "x-request-id",
};

/** `x-ccr-*`: which call this is, who answered, by which rule, after how many attempts. */
export function ownHeaders(call: OpenCall, now: number): FlatHeaders {
  const headers: FlatHeaders = ["x-ccr-request-id", call.id];
  const { plan, prepared } = call;
  if (prepared !== null) {
    headers.push("x-ccr-provider", prepared.provider.name, "x-ccr-model", headerText(prepared.target.model));
  }
  if (plan !== null) headers.push("x-ccr-route", headerText(`${plan.rule}; ${plan.reason}`));
  if (call.attempts.length > 0) headers.push("x-ccr-attempts", String(call.attempts.length));
  if (call.isCacheOn) headers.push("x-ccr-cache", call.cacheStatus);
  if (call.kept !== null) headers.push("age", String(ageSeconds(call.kept.keptAtMs, call.startedAtMs)));
  headers.push("x-ccr-overhead-ms", Math.max(0, overheadMs(call, now) - receivingMs(call.steps)).toFixed(2));
  if (call.limited !== null) {
    const { states, atMs } = call.limited;
    pushAll(headers, limitHeaders(call.dialect, states, atMs, call.startedAtMs + (now - call.startedAt)));
  }
  return headers;
}

/**
 * The provider's headers that go on to the client. `x-ccr-*` are this router's alone: another one may be the provider.
 * A shared quota is nobody's business but the router's, and that of a client's own login gives way to limits and caps of
 * the router.
 */
export function passAnswerHeaders(headers: FlatHeaders, answer: UpstreamHeaders, call: OpenCall): void {
  const isStreaming = call.pump?.relay.isStreaming === true;
  const isOwnQuota = call.prepared?.provider.isPassthrough === true;
  const keepsLimits = isOwnQuota && call.limited === null && (call.held?.states.length ?? 0) === 0;
  const ofConnection = connectionOptions(answer["connection"]);
  for (const name in answer) {
    const value = answer[name];
    if (value === undefined || connectionHeaders.has(name) || name.startsWith("x-ccr-")) continue;
    if (ofConnection.has(name)) continue;
    if (isStreaming && streamHeaders.has(name)) continue;
    if (!keepsLimits && (name.startsWith("anthropic-ratelimit-") || name.startsWith("x-ratelimit-"))) continue;
    headers.push(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const requestId = requestIdHeader[call.dialect];
  if (answer[requestId] === undefined || ofConnection.has(requestId)) headers.push(requestId, call.id);
}

/** Whole seconds, as RFC 9111 has them. */
function ageSeconds(sinceMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
}

/** The type of an answer that the router itself puts together. */
export function contentTypeOf(isStreaming: boolean): string {
  return isStreaming ? "text/event-stream; charset=utf-8" : "application/json";
}

/** Adds all of `more`. */
export function pushAll(headers: FlatHeaders, more: Readonly<Record<string, string>>): void {
  for (const name in more) headers.push(name, more[name]!);
}

/** Time that no provider was waited for until now: before the first request went out, and since the answer came. */
export function overheadMs(call: OpenCall, now: number): number {
  if (call.firstSentAt === null) return now - call.startedAt;
  const before = call.firstSentAt - call.startedAt;
  return call.answeredAt === null ? before : before + (now - call.answeredAt);
}

/** Text as a header value: names are the client's or a configuration's, and headers take visible ASCII only. */
function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text)
    ? text
    : text.toWellFormed().replace(/[^\x20-\x7e]/gu, (character) => encodeURIComponent(character));
}
