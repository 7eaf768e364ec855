/**
 * Reads the head of an HTTP/1.1 answer: status line, headers, and how the body is framed. Pure.
 *
 * Strict wherever two readers could disagree about where an answer ends (RFC 9112, sections 5, 6 and 11): both a length
 * and chunks, repeated or odd lengths, folded lines, bare line feeds, spaces before a colon are refused.
 */
import { headText } from "../../../core/http/http-head-text.ts";
import { HeaderNames } from "../../../core/http/http-headers.ts";
import type { UpstreamHeaders } from "../upstream.ts";

/** How a body's end is found. A length may be 0. */
export type BodyFraming =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

export interface ParsedHead {
  readonly status: number;
  readonly headers: UpstreamHeaders;
  readonly framing: BodyFraming;
  /** Whether the connection may carry another request after this answer. */
  readonly isKeptAlive: boolean;
}

/** A head that breaks the protocol; the reason completes the sentence "the provider did not answer in HTTP/1.1: ". */
export class HeadRefusal {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

const headerCountLimit = 1_000;

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |\r|$)/;

/** Longest length that arithmetic is exact for. */
const lengthDigitsLimit = 15;

const noBody: BodyFraming = { kind: "length", bytes: 0 };
const chunked: BodyFraming = { kind: "chunked" };
const untilClose: BodyFraming = { kind: "until-close" };

const names = new HeaderNames();

/** Reads the lines of a head, without the empty line at its end. */
export function parseAnswerHead(bytes: Buffer, from = 0, end: number = bytes.length): ParsedHead | HeadRefusal {
  const text = headText(bytes, from, end);
  const start = statusLine.exec(text ?? bytes.toString("latin1", from, end));
  if (start === null) return new HeadRefusal("its first line is no status line");
  if (text === null) return new HeadRefusal("a control character in its head");
  const headers: Record<string, string | string[]> = {};
  const problem = readHeaders(text, headers);
  if (problem !== null) return new HeadRefusal(problem);
  const status = Number(start[2]);
  const isOld = start[1] === "0";
  const framing = frame(status, isOld, headers);
  if (typeof framing === "string") return new HeadRefusal(framing);
  const isKeptAlive = framing !== untilClose && !isOld && !asksToClose(headers["connection"]);
  return { status, headers, framing, isKeptAlive };
}

function readHeaders(text: string, headers: Record<string, string | string[]>): string | null {
  let at = text.indexOf("\r\n");
  let count = 0;
  while (at !== -1) {
    const begin = at + 2;
    at = text.indexOf("\r\n", begin);
    const line = at === -1 ? text.slice(begin) : text.slice(begin, at);
    const colon = line.indexOf(":");
    const name = colon < 1 ? null : names.read(line.slice(0, colon));
    if (name === null) return "a line in its head that is no header";
    if (++count > headerCountLimit) return `more than ${headerCountLimit} headers`;
    // Objects have these by themselves; no provider sends them, and no reader asks for them.
    if (name === "__proto__" || name === "constructor") continue;
    addHeader(headers, name, line.slice(colon + 1).trim());
  }
  return null;
}

function addHeader(headers: Record<string, string | string[]>, name: string, value: string): void {
  const earlier = headers[name];
  if (earlier === undefined) headers[name] = value;
  else if (typeof earlier === "string") headers[name] = [earlier, value];
  else earlier.push(value);
}

/** The body's framing, or why it is refused. https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
function frame(status: number, isOld: boolean, headers: UpstreamHeaders): BodyFraming | string {
  const coding = headers["transfer-encoding"];
  const length = headers["content-length"];
  if (coding !== undefined) {
    if (length !== undefined) return "both content-length and transfer-encoding";
    if (isOld) return "transfer-encoding in HTTP/1.0";
    if (typeof coding !== "string" || coding.toLowerCase() !== "chunked") return "a transfer-encoding we do not know";
  }
  const bytes = length === undefined ? 0 : parseLength(length);
  if (bytes === null) return "a content-length that is no single number";
  if (status < 200 || status === 204 || status === 304) return noBody;
  if (coding !== undefined) return chunked;
  return length === undefined ? untilClose : { kind: "length", bytes };
}

function parseLength(length: string | string[]): number | null {
  if (typeof length !== "string" || length.length > lengthDigitsLimit || !/^\d+$/.test(length)) return null;
  return Number(length);
}

function asksToClose(connection: string | string[] | undefined): boolean {
  return connection !== undefined && /(?:^|[,\s])close(?:$|[,\s])/i.test(String(connection));
}
