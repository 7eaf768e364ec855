/** Renders the head of an answer. What no answer may contain is refused, as it could end a line, or the answer, early. */
import { badHeaderValue, HeaderNames } from "../core/http/http-headers.ts";
import type { FlatHeaders } from "../gateway/request/exchange.ts";

/** The sentences of RFC 9110 and 6585; other statuses go without one. */
const reasons: Readonly<Record<number, string>> = {
  200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content", 206: "Partial Content",
  301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect",
  400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
  406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed",
  413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 417: "Expectation Failed",
  422: "Unprocessable Content", 425: "Too Early", 428: "Precondition Required", 429: "Too Many Requests",
  431: "Request Header Fields Too Large", 499: "Client Closed Request", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
  503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported", 507: "Insufficient Storage", 529: "Overloaded",
}; // prettier-ignore

const names = new HeaderNames();

/**
 * Status line and headers in latin1, each line with its end; the connection's own lines and the empty one are the caller's
 * to add. Throws TypeError for a name or value that no header can have.
 */
export function renderAnswerHead(status: number, headers: FlatHeaders, nowMs: number): string {
  let head = `HTTP/1.1 ${status} ${reasons[status] ?? ""}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index]!;
    const value = headers[index + 1]!;
    if (names.read(name) === null) throw new TypeError(`no header can be named ${JSON.stringify(name)}`);
    if (badHeaderValue.test(value)) throw new TypeError(`no header can have the value of ${name}`);
    if (!isConnectionsOwn(name)) head += `${name}: ${value}\r\n`;
  }
  return head + dateLine(nowMs);
}

/** Whether an answer of this status has no body, whatever it says. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

function isConnectionsOwn(name: string): boolean {
  switch (name) {
    case "connection":
    case "keep-alive":
    case "content-length":
    case "transfer-encoding":
    case "date":
      return true;
    default:
      return false;
  }
}

let dateSecond = -1;
let dateText = "";

/** Rendered once a second. */
function dateLine(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = `date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return dateText;
}
