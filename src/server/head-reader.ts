/**
 * Reads the heads of the requests on one connection. Clients repeat theirs, often but for the length of the body: one that
 * is known is compared with its bytes, not read anew.
 */
import type { RequestHead, RequestRefusal } from "./request-head.ts";
import { parseRequestHead } from "./request-head.ts";

/** Longer heads are not kept: each idle connection has one. */
const keptBytesLimit = 4_096;

/** As many digits as a body of any allowed size has; a longer number is read in the usual way. */
const digitsLimit = 12;

const lengthLine = /\r\ncontent-length:[\t ]*(\d+)[\t ]*(?:\r\n|$)/di;

const zero = 0x30;
const nine = 0x39;

interface KnownHead {
  readonly head: RequestHead;
  readonly bytes: Buffer;
  /** Where the digits of the body's length begin and end; both the end of the head where it has none. */
  readonly digitsStart: number;
  readonly digitsEnd: number;
}

export class HeadReader {
  #known: KnownHead | null = null;

  /** The lines of a head within `bytes`, without the empty line at its end. */
  read(bytes: Buffer, start: number, end: number): RequestHead | RequestRefusal {
    const repeated = this.#known === null ? null : repeat(this.#known, bytes, start, end);
    if (repeated !== null) return repeated;
    const head = parseRequestHead(bytes, start, end);
    this.#known = typeof head === "string" || end - start > keptBytesLimit ? null : know(head, bytes, start, end);
    return head;
  }
}

function know(head: RequestHead, bytes: Buffer, start: number, end: number): KnownHead {
  const kept = Buffer.from(bytes.subarray(start, end));
  const [digitsStart, digitsEnd] = lengthLine.exec(kept.toString("latin1"))?.indices?.[1] ?? [end - start, end - start];
  return { head, bytes: kept, digitsStart, digitsEnd };
}

/** null for another head. */
function repeat(known: KnownHead, bytes: Buffer, start: number, end: number): RequestHead | null {
  const { head, bytes: before, digitsStart, digitsEnd } = known;
  if (end - start === before.length && bytes.compare(before, 0, before.length, start, end) === 0) return head;
  const tailBytes = before.length - digitsEnd;
  const from = start + digitsStart;
  const to = end - tailBytes;
  if (head.bodyBytes <= 0 || to <= from || to - from > digitsLimit) return null;
  if (bytes.compare(before, 0, digitsStart, start, from) !== 0) return null;
  if (bytes.compare(before, digitsEnd, before.length, to, end) !== 0) return null;
  let bodyBytes = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]!;
    if (digit < zero || digit > nine) return null;
    bodyBytes = bodyBytes * 10 + digit - zero;
  }
  // Nothing to wait for: another kind of request.
  return bodyBytes === 0 ? null : withLength(head, bodyBytes);
}

function withLength(head: RequestHead, bodyBytes: number): RequestHead {
  const headers = [...head.headers];
  // Names alone: a value may read so, too.
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === "content-length") headers[index + 1] = String(bodyBytes);
  }
  return { ...head, headers, bodyBytes };
}
