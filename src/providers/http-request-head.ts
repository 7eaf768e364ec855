/** Renders the head of an HTTP/1.1 request. Pure. What no request may contain is refused, as it could end a line early. */
import type { UpstreamRequest } from "./upstream.ts";

/** A request that cannot be written; `problem` names the part. */
export class UnsendableRequest {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

const badValue = /[^\t\x20-\x7e\x80-\xff]/;
const badPath = /[^\x21-\x7e\x80-\xff]/;
const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** Names that were checked before. Bounded: clients' headers pass through here. */
const goodNames = new Set<string>();
const goodNamesLimit = 500;

/** The lines of the connection itself: they are the same in each request to one origin. `host` with port, if it has one. */
export function renderFixedLines(host: string): string {
  return ` HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
}

/** The head with the empty line at its end, each character one byte (latin1). */
export function renderRequestHead(request: UpstreamRequest, fixedLines: string): string | UnsendableRequest {
  const { method, path, headers, body } = request;
  if (!path.startsWith("/") || badPath.test(path)) return new UnsendableRequest("invalid path");
  let head = `${method} ${path}${fixedLines}`;
  for (const name in headers) {
    const value = headers[name]!;
    if (!isName(name)) return new UnsendableRequest(`invalid header name ${JSON.stringify(name)}`);
    if (badValue.test(value)) return new UnsendableRequest(`invalid value of header ${name}`);
    head += `${name}: ${value}\r\n`;
  }
  if (body === null) return method === "POST" ? `${head}content-length: 0\r\n\r\n` : `${head}\r\n`;
  return `${head}content-length: ${body.length}\r\n\r\n`;
}

function isName(name: string): boolean {
  if (goodNames.has(name)) return true;
  if (!token.test(name)) return false;
  if (goodNames.size < goodNamesLimit) goodNames.add(name);
  return true;
}
