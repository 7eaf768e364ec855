/**
 * Reads the heads of the requests on one connection. Clients repeat theirs, often but for the length of the body, and also on
 * their next connection: one that is known is compared with its bytes, not read anew.
 */
import { timingSafeEqual } from "node:crypto";
import type { RequestHead, RequestRefusal } from "./request-head.ts";
import { parseRequestHead } from "./request-head.ts";

/** Longer heads are not kept: each idle connection may have one of its own. */
const keptBytesLimit = 4_096;

/** Each is looked at for a head that its connection does not know: some 0.5 µs. */
const recentLimit = 8;

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

/** The heads that connections of one server sent last, each once. */
export class RecentHeads {
  readonly #heads: KnownHead[] = [];
  #oldest = 0;

  /** The head within `bytes` and which known one it repeats. Others' keys are among these: how long it takes tells nothing of them. */
  find(bytes: Buffer, start: number, end: number): { readonly known: KnownHead; readonly head: RequestHead } | null {
    for (const known of this.#heads) {
      const head = repeat(known, bytes, start, end, isSameInConstantTime);
      if (head !== null) return { known, head };
    }
    return null;
  }

  add(known: KnownHead): void {
    this.#heads[this.#oldest] = known;
    this.#oldest = (this.#oldest + 1) % recentLimit;
  }
}

export class HeadReader {
  readonly #recent: RecentHeads;
  #known: KnownHead | null = null;

  constructor(recent: RecentHeads) {
    this.#recent = recent;
  }

  /** The lines of a head within `bytes`, without the empty line at its end. */
  read(bytes: Buffer, start: number, end: number): RequestHead | RequestRefusal {
    const repeated = this.#known === null ? null : repeat(this.#known, bytes, start, end, isSame);
    if (repeated !== null) return repeated;
    const found = end - start > keptBytesLimit ? null : this.#recent.find(bytes, start, end);
    if (found !== null) {
      this.#known = found.known;
      return found.head;
    }
    const head = parseRequestHead(bytes, start, end);
    this.#known = typeof head === "string" || end - start > keptBytesLimit ? null : know(head, bytes, start, end);
    if (this.#known !== null) this.#recent.add(this.#known);
    return head;
  }
}

function know(head: RequestHead, bytes: Buffer, start: number, end: number): KnownHead {
  const kept = Buffer.from(bytes.subarray(start, end));
  const [digitsStart, digitsEnd] = lengthLine.exec(kept.toString("latin1"))?.indices?.[1] ?? [end - start, end - start];
  return { head, bytes: kept, digitsStart, digitsEnd };
}

/** Whether the bytes from `start` on are those of `before` within [from, to). */
type Compare = (before: Buffer, from: number, to: number, bytes: Buffer, start: number) => boolean;

const isSame: Compare = (before, from, to, bytes, start) =>
  bytes.compare(before, from, to, start, start + to - from) === 0;

const isSameInConstantTime: Compare = (before, from, to, bytes, start) =>
  timingSafeEqual(before.subarray(from, to), bytes.subarray(start, start + to - from));

/** null for another head. */
function repeat(known: KnownHead, bytes: Buffer, start: number, end: number, compare: Compare): RequestHead | null {
  const { head, bytes: before, digitsStart, digitsEnd } = known;
  if (end - start === before.length && compare(before, 0, before.length, bytes, start)) return head;
  const from = start + digitsStart;
  const to = end - (before.length - digitsEnd);
  if (head.bodyBytes <= 0 || to <= from || to - from > digitsLimit) return null;
  if (!compare(before, 0, digitsStart, bytes, start)) return null;
  if (!compare(before, digitsEnd, before.length, bytes, to)) return null;
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
