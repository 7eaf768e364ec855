/**
 * Reads the heads of the requests on one connection. Clients repeat theirs, often but for the length of the body, and also on
 * their next connection, or on any of a proxy's: one that is known is compared with its bytes, not read anew.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { BoundedMap } from "../core/collections/bounded-map.ts";
import type { RequestHead, RequestRefusal } from "./request-head.ts";
import { parseRequestHead } from "./request-head.ts";

/** Longer heads are not kept: each idle connection may have one of its own. */
const keptBytesLimit = 4_096;

/** With what is found out from them, some 6 KB each. */
const recentLimit = 512;

/** By each a head may be looked for: most have digits in another place, and a look costs 0.7 µs. */
const shapesLimit = 8;

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

/** Where the digits of the body's length stand: so many bytes before and behind them. Without a length all is before. */
interface Shape {
  readonly beforeBytes: number;
  readonly behindBytes: number;
  readonly hasLength: boolean;
}

/** The heads that connections of one server sent last, each once. */
export class RecentHeads {
  /** By a digest of all but the digits: others' keys are among them, and how long a look takes tells nothing of those. */
  readonly #heads = new BoundedMap<KnownHead>(recentLimit);
  /** Of heads that were added, the newest first. One that is forgotten comes back with its next head. */
  readonly #shapes: Shape[] = [];

  /** The head within `bytes` and which known one it repeats. */
  find(bytes: Buffer, start: number, end: number): { readonly known: KnownHead; readonly head: RequestHead } | null {
    for (const shape of this.#shapes) {
      if (!hasShape(shape, bytes, start, end)) continue;
      const known = this.#heads.get(digestOf(shape, bytes, start, end));
      const head = known === undefined ? null : repeat(known, bytes, start, end, isSameInConstantTime);
      if (head !== null) return { known: known!, head };
    }
    return null;
  }

  add(known: KnownHead): void {
    const { bytes, digitsStart, digitsEnd } = known;
    const hasLength = digitsEnd > digitsStart;
    const shape = { beforeBytes: digitsStart, behindBytes: bytes.length - digitsEnd, hasLength };
    this.#heads.set(digestOf(shape, bytes, 0, bytes.length), known);
    if (this.#shapes.some((one) => isSameShape(one, shape))) return;
    if (this.#shapes.unshift(shape) > shapesLimit) this.#shapes.pop();
  }
}

function isSameShape(one: Shape, other: Shape): boolean {
  const { beforeBytes, behindBytes, hasLength } = other;
  return one.beforeBytes === beforeBytes && one.behindBytes === behindBytes && one.hasLength === hasLength;
}

/** Whether digits alone stand where those of the length would. */
function hasShape({ beforeBytes, behindBytes, hasLength }: Shape, bytes: Buffer, start: number, end: number): boolean {
  const from = start + beforeBytes;
  const to = end - behindBytes;
  if (to < from || to - from > digitsLimit || to > from !== hasLength) return false;
  for (let at = from; at < to; at++) if (!isDigit(bytes[at]!)) return false;
  return true;
}

const digested = Buffer.allocUnsafeSlow(keptBytesLimit);

/** Of a head of this shape, not longer than `keptBytesLimit`, without the digits. */
function digestOf({ beforeBytes, behindBytes }: Shape, bytes: Buffer, start: number, end: number): string {
  bytes.copy(digested, 0, start, start + beforeBytes);
  bytes.copy(digested, beforeBytes, end - behindBytes, end);
  return hash("sha256", digested.subarray(0, beforeBytes + behindBytes), "base64");
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
    if (!isDigit(digit)) return null;
    bodyBytes = bodyBytes * 10 + digit - zero;
  }
  // Nothing to wait for: another kind of request.
  return bodyBytes === 0 ? null : withLength(head, bodyBytes);
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

function withLength(head: RequestHead, bodyBytes: number): RequestHead {
  const headers = [...head.headers];
  // Names alone: a value may read so, too.
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === "content-length") headers[index + 1] = String(bodyBytes);
  }
  return { ...head, headers, bodyBytes };
}
