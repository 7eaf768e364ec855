/** Renders the head of an HTTP/1.1 request. Pure. What no request may contain is refused, as it could end a line early. */
import { badHeaderValue, HeaderNames } from "../../../core/http/http-headers.ts";
import type { SharedHeaders } from "../shared-headers.ts";
import { allHeaders } from "../upstream.ts";
import type { UpstreamRequest } from "../upstream.ts";

/** A request that cannot be written; `problem` names the part. */
export class UnsendableRequest {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

const badPath = /[^\x21-\x7e\x80-\xff]/;

const names = new HeaderNames();

/** The lines of the connection itself: they are the same in each request to one origin. `host` with port, if it has one. */
export function renderFixedLines(host: string): string {
  return ` HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
}

/** The head with the empty line at its end, each character one byte (latin1). */
export function renderRequestHead(request: UpstreamRequest, fixedLines: string): string | UnsendableRequest {
  const { method, path, body } = request;
  if (!path.startsWith("/") || badPath.test(path)) return new UnsendableRequest("invalid path");
  const lines = linesOf(request);
  if (lines instanceof UnsendableRequest) return lines;
  const head = `${method} ${path}${fixedLines}${lines}`;
  if (body === null) return method === "POST" ? `${head}content-length: 0\r\n\r\n` : `${head}\r\n`;
  return `${head}content-length: ${body.length}\r\n\r\n`;
}

function linesOf(request: UpstreamRequest): string | UnsendableRequest {
  const { headers, shared } = request;
  if (shared === undefined) return renderLines(headers);
  for (const name in headers) if (name in shared.values) return renderLines(allHeaders(request));
  const own = renderLines(headers);
  if (typeof own !== "string") return own;
  const common = sharedLines(shared);
  return typeof common === "string" ? common + own : common;
}

function sharedLines(shared: SharedHeaders): string | UnsendableRequest {
  if (shared.lines !== null) return shared.lines;
  const lines = renderLines(shared.values);
  if (typeof lines === "string") shared.lines = lines;
  return lines;
}

function renderLines(headers: Readonly<Record<string, string>>): string | UnsendableRequest {
  let lines = "";
  for (const name in headers) {
    const value = headers[name]!;
    // In lower case: another name could be one of the shared ones, or of the connection's own.
    if (names.read(name) !== name) return new UnsendableRequest(`invalid header name ${JSON.stringify(name)}`);
    if (badHeaderValue.test(value)) return new UnsendableRequest(`invalid value of header ${name}`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
