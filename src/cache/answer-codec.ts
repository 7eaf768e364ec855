/**
 * A kept answer as bytes, for stores outside of the process: a head of JSON, then the body, compressed where that pays.
 *
 *     byte 0     version
 *     byte 1     1: the body is compressed (zstd)
 *     bytes 2–5  length of the head
 *     then       head, body
 */
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { dialects } from "../core/dialect.ts";
import type { JsonObject } from "../core/json/json.ts";
import { isJsonObject, parseJson } from "../core/json/json.ts";
import { zeroUsage } from "../core/usage.ts";
import type { KeptAnswer } from "./answer-store.ts";

const version = 1;
export const preambleBytes = 6;
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** The bytes of `answer`. A body above `compressAboveBytes` is compressed, in another thread. */
export async function encodeAnswer(answer: KeptAnswer, compressAboveBytes: number): Promise<Buffer> {
  const { body, ...head } = answer;
  const isCompressed = body.byteLength > compressAboveBytes;
  const packed = isCompressed ? await compress(body) : body;
  const headBytes = Buffer.from(JSON.stringify({ ...head, bodyBytes: body.byteLength }));
  const preamble = Buffer.alloc(preambleBytes);
  preamble[0] = version;
  preamble[1] = isCompressed ? 1 : 0;
  preamble.writeUInt32BE(headBytes.byteLength, 2);
  return Buffer.concat([preamble, headBytes, packed]);
}

/** The answer in `bytes`; null for what no router of this version wrote. */
export async function decodeAnswer(bytes: Buffer): Promise<KeptAnswer | null> {
  const head = decodeHead(bytes);
  if (head === null) return null;
  const { bodyBytes, ...rest } = head.fields;
  const packed = bytes.subarray(preambleBytes + head.bytes);
  try {
    const limits = { maxOutputLength: Math.max(1, bodyBytes) };
    const body = bytes[1] === 1 ? await decompress(packed, limits) : packed;
    return body.byteLength === bodyBytes ? { ...rest, body } : null;
  } catch {
    return null;
  }
}

type Head = Omit<KeptAnswer, "body"> & { readonly bodyBytes: number };

/** The head alone, of an answer of which at least `preambleBytes` and the head are there. */
export function decodeHead(bytes: Buffer): { readonly fields: Head; readonly bytes: number } | null {
  if (bytes.byteLength < preambleBytes || bytes[0] !== version) return null;
  const length = bytes.readUInt32BE(2);
  if (bytes.byteLength < preambleBytes + length) return null;
  const fields = parseJson(bytes.toString("utf8", preambleBytes, preambleBytes + length));
  return isHead(fields) ? { fields, bytes: length } : null;
}

/** What a look-up relies on; the rest is the writer's, which is a router too. */
function isHead(fields: unknown): fields is Head & JsonObject {
  if (!isJsonObject(fields)) return false;
  const { target, facts, dialect, bodyBytes, keptAtMs, expiresAtMs, pace } = fields;
  if (!isJsonObject(target) || typeof target.provider !== "string" || typeof target.model !== "string") return false;
  if (!isJsonObject(facts) || !Array.isArray(pace) || !dialects.some((known) => known === dialect)) return false;
  if (facts.usage !== null && !isUsage(facts.usage)) return false;
  return [bodyBytes, keptAtMs, expiresAtMs].every((value) => typeof value === "number");
}

/** Every count: a router that knows more of them, or fewer, wrote another usage. */
function isUsage(usage: unknown): boolean {
  return isJsonObject(usage) && Object.keys(zeroUsage).every((name) => typeof usage[name] === "number");
}
