/**
 * Reads the head of an HTTP/1.1 request: request line, headers, and how long the body is. Pure.
 *
 * Strict wherever two readers could disagree about where a request ends (RFC 9112, sections 5, 6 and 11), for that is what
 * smuggling lives on: both a length and chunks, repeated or odd lengths, codings other than chunked, folded lines, bare
 * line feeds, spaces before a colon, control characters, two hosts, none, or one that cannot be a host are refused.
 */

import { headText } from "../core/http/http-head-text.ts";
import { HeaderNames, httpToken } from "../core/http/http-headers.ts";
import { HeadMemo } from "../gateway/request/head-memo.ts";

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** HTTP/1.0: knows no chunks, and keeps its connection only where it asks for that. */
  readonly isOld: boolean;
  /** Names in lower case and values in turn, one byte a character; each name once. */
  readonly headers: readonly string[];
  /** -1: chunked. */
  readonly bodyBytes: number;
  /** Whether the client wants another request on this connection. */
  readonly isKeptAlive: boolean;
  /** The body comes when the client is told to go on. */
  readonly expectsContinue: boolean;
  /** Shared by the requests of a connection whose heads differ in the body's length alone. */
  readonly memo: HeadMemo;
}

/** Why a request is no request. */
export type RequestRefusal = "malformed" | "unclear-host" | "unclear-length" | "headers-too-large" | "timeout";

/** Names that any client sends are fewer; a line that is no header costs as much as one that is. */
export const headerCountLimit = 256;

const targetText = /^[\x21-\x7e\x80-\xff]+$/;
/** A host and a port, as far as characters tell; empty where the target has none (RFC 9112, 3.2, RFC 3986, 3.2.2). */
const hostText = /^[A-Za-z0-9\-._~%!$&'()*+,;=:[\]]*$/;
const knownMethods = new Set(["POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/** Longest length that arithmetic is exact for. */
const lengthDigitsLimit = 15;
const lengthText = /^\d+$/;

/** Which of two counts is a matter of the reader. */
const singleNames = new Set(["host", "content-length", "transfer-encoding"]);

/** Of two only the first counts, as common servers have it: these are no lists. */
const firstNames = new Set([
  "authorization", "proxy-authorization", "content-type", "user-agent", "referer", "from", "location", "max-forwards",
  "if-modified-since", "if-unmodified-since",
]); // prettier-ignore

/** What clients of model APIs send, as they write it. */
const usualNames = [
  "Accept", "Accept-Encoding", "Accept-Language", "Anthropic-Beta", "Anthropic-Dangerous-Direct-Browser-Access", "Anthropic-Version",
  "Authorization", "Baggage", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Expect", "Forwarded", "Host",
  "Origin", "Referer", "Traceparent", "Tracestate", "Transfer-Encoding", "User-Agent", "Via", "X-Api-Key", "X-App",
  "X-Claude-Code-Session-Id", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "X-Stainless-Arch",
  "X-Stainless-Helper-Method", "X-Stainless-Lang", "X-Stainless-OS", "X-Stainless-Package-Version", "X-Stainless-Retry-Count",
  "X-Stainless-Runtime", "X-Stainless-Runtime-Version", "X-Stainless-Timeout",
]; // prettier-ignore

const names = new HeaderNames(usualNames);

const space = 0x20;
const tab = 0x09;

/** Reads the lines of a head, without the empty line at its end. */
export function parseRequestHead(bytes: Buffer, start = 0, end: number = bytes.length): RequestHead | RequestRefusal {
  const text = headText(bytes, start, end);
  if (text === null) return "malformed";
  const lineEnd = text.indexOf("\r\n");
  const line = parseRequestLine(lineEnd === -1 ? text : text.slice(0, lineEnd));
  if (line === null) return "malformed";
  const { method, target, isOld } = line;
  const headers: string[] = [];
  const refusal = lineEnd === -1 ? null : readHeaders(text, lineEnd, headers);
  if (refusal !== null) return refusal;
  const host = headerOf(headers, "host");
  if (host === undefined ? !isOld : !hostText.test(host)) return "unclear-host";
  const bodyBytes = bodyBytesOf(headers, isOld);
  if (bodyBytes === null) return "unclear-length";
  const connection = headerOf(headers, "connection");
  const isKeptAlive = isOld ? hasWord(connection, "keep-alive") : !hasWord(connection, "close");
  const expectsContinue = !isOld && bodyBytes !== 0 && headerOf(headers, "expect")?.toLowerCase() === "100-continue";
  return { method, target, isOld, headers, bodyBytes, isKeptAlive, expectsContinue, memo: new HeadMemo() };
}

interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly isOld: boolean;
}

/** A head's first line, without its end; null where it is none. */
export function parseRequestLine(line: string): RequestLine | null {
  const methodEnd = line.indexOf(" ");
  const method = line.slice(0, Math.max(0, methodEnd));
  const target = line.slice(methodEnd + 1, Math.max(0, line.length - 9));
  const isOld = line.endsWith(" HTTP/1.0");
  if (!isOld && !line.endsWith(" HTTP/1.1")) return null;
  if (!knownMethods.has(method) && !httpToken.test(method)) return null;
  return targetText.test(target) ? { method, target, isOld } : null;
}

/** A value by its name in lower case. Few headers in a row are found faster than in a table made for them. */
export function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return headers[index + 1];
  return undefined;
}

function readHeaders(text: string, firstEnd: number, headers: string[]): RequestRefusal | null {
  let at = firstEnd;
  for (let lines = 0; at !== -1; lines++) {
    const begin = at + 2;
    at = text.indexOf("\r\n", begin);
    const end = at === -1 ? text.length : at;
    const colon = text.indexOf(":", begin);
    const name = colon <= begin || colon >= end ? null : names.read(text.slice(begin, colon));
    if (name === null) return "malformed";
    if (lines === headerCountLimit) return "headers-too-large";
    if (!addHeader(headers, name, trimmed(text, colon + 1, end))) {
      return name === "host" ? "unclear-host" : "unclear-length";
    }
  }
  return null;
}

/** False for a header that must not stand twice. */
function addHeader(headers: string[], name: string, value: string): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) continue;
    if (singleNames.has(name)) return false;
    const separator = name === "cookie" ? "; " : ", ";
    if (!firstNames.has(name)) headers[index + 1] = `${headers[index + 1]}${separator}${value}`;
    return true;
  }
  headers.push(name, value);
  return true;
}

/** Without the blanks around it. Not `trim`: that takes bytes of other encodings for blanks. */
function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}

/** -1 for chunks; null where the end of the body is not certain. https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
function bodyBytesOf(headers: readonly string[], isOld: boolean): number | null {
  const coding = headerOf(headers, "transfer-encoding");
  const length = headerOf(headers, "content-length");
  if (coding !== undefined) {
    const isClear = length === undefined && !isOld && coding.toLowerCase() === "chunked";
    return isClear ? -1 : null;
  }
  if (length === undefined) return 0;
  return length.length <= lengthDigitsLimit && lengthText.test(length) ? Number(length) : null;
}

function hasWord(list: string | undefined, word: string): boolean {
  if (list === undefined) return false;
  if (list.length === word.length) return list.toLowerCase() === word;
  return list.split(",").some((part) => part.trim().toLowerCase() === word);
}
