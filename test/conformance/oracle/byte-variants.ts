/** The same stream as a network may deliver it: one list of writes for each way of cutting and framing it. */
import type { Dialect } from "../../../src/core/dialect.ts";
import { parseJson, toJsonObject } from "../../../src/core/json/json.ts";

export interface ByteVariant {
  readonly name: string;
  readonly chunks: readonly Uint8Array[];
}

/** How one payload is framed as an SSE event. */
interface Framing {
  readonly newline?: string;
  readonly separator?: string;
  readonly isNamed?: boolean;
  readonly comment?: string;
}

/**
 * All variants of a stream of data payloads. Anthropic's events carry `event: <type>`; OpenAI's end with
 * `[DONE]` where the payloads do not hold it already.
 */
export function byteVariants(payloads: readonly string[], dialect: Dialect): ByteVariant[] {
  const complete = withDone(payloads, dialect);
  const events = frame(complete, dialect, {});
  const whole = Buffer.concat(events);
  const crlf = frame(complete, dialect, { newline: "\r\n" });
  const inside = cutInsideCharacters(whole);
  return [
    { name: "whole", chunks: [whole] },
    { name: "one payload per write", chunks: events },
    { name: "one byte per write", chunks: everyByte(whole) },
    { name: "cut in the middle of each event", chunks: cutInMiddle(events) },
    ...(inside.length > 1 ? [{ name: "cut inside each multi-byte character", chunks: inside }] : []),
    { name: "CRLF, one payload per write", chunks: crlf },
    { name: "CRLF, one byte per write", chunks: everyByte(Buffer.concat(crlf)) },
    { name: "no space after data:", chunks: frame(complete, dialect, { separator: ":" }) },
    { name: "comment lines", chunks: frame(complete, dialect, { comment: ": keep-alive" }) },
    { name: "no event: lines", chunks: frame(complete, dialect, { isNamed: false }) },
    { name: "two payloads per write", chunks: pairwise(events) },
  ];
}

/** The payloads as SSE events, one buffer each, framed the usual way. Adds nothing at the end. */
export function encodePayloads(payloads: readonly string[], dialect: Dialect): Uint8Array[] {
  return frame(payloads, dialect, {});
}

function withDone(payloads: readonly string[], dialect: Dialect): readonly string[] {
  if (dialect === "anthropic-messages" || payloads.includes("[DONE]")) return payloads;
  return [...payloads, "[DONE]"];
}

function frame(payloads: readonly string[], dialect: Dialect, framing: Framing): Buffer[] {
  const { newline = "\n", separator = ": ", isNamed = dialect === "anthropic-messages", comment } = framing;
  return payloads.map((payload) => {
    const lines: string[] = [];
    if (comment !== undefined) lines.push(comment, "");
    const type = toJsonObject(parseJson(payload))["type"];
    if (isNamed && typeof type === "string") lines.push(`event${separator}${type}`);
    lines.push(`data${separator}${payload}`, "", "");
    return Buffer.from(lines.join(newline));
  });
}

function everyByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
}

function cutInMiddle(events: readonly Buffer[]): Buffer[] {
  const whole = Buffer.concat(events);
  const cuts: number[] = [];
  let start = 0;
  for (const event of events) {
    cuts.push(start + (event.length >> 1));
    start += event.length;
  }
  return cutAt(whole, cuts);
}

function cutInsideCharacters(bytes: Buffer): Buffer[] {
  // A continuation byte is 10xxxxxx: a cut before it stands inside a character.
  return cutAt(
    bytes,
    Array.from(bytes, (byte, index) => ((byte & 0xc0) === 0x80 ? index : -1)).filter((index) => index > 0),
  );
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const bounds = [0, ...cuts, bytes.length];
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
}

function pairwise(events: readonly Buffer[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let index = 0; index < events.length; index += 2) chunks.push(Buffer.concat(events.slice(index, index + 2)));
  return chunks;
}
