/**
 * Receives a request's body: bounded, decompressed, from clients that may be slow or leave.
 *
 * How long it may take is the HTTP server's own limit (`server.requestTimeoutMs`).
 */
import { GatewayError } from "../../core/errors/errors.ts";
import { releaseBytes } from "../../core/release-bytes.ts";
import { ownValue } from "../../core/json/own-value.ts";
import { decompressors } from "./decompress-body.ts";
import type { Exchange } from "./exchange.ts";

/** The largest body that is taken. */
export interface BodyLimit {
  readonly bytes: number;
  /** The setting that raises it; null where there is none. */
  readonly setting: string | null;
}

/**
 * The body's bytes, at once where they are all here. Throws and rejects with GatewayError `caller_body_too_large`,
 * `caller_unsupported_encoding`, `caller_invalid_request` (it does not decompress) or `caller_gone`.
 */
export function receiveBody(exchange: Exchange, limit: BodyLimit): Buffer | Promise<Buffer> {
  const header = exchange.header("content-encoding");
  if (header === undefined) return collectBody(exchange, limit);
  const encoding = withoutIdentity(header);
  return encoding === "" ? collectBody(exchange, limit) : receiveCompressed(exchange, limit, encoding);
}

/** What was done to the body, of a list in any case: `identity` names what was not. */
function withoutIdentity(header: string): string {
  const encodings = header.split(",").map((encoding) => encoding.trim().toLowerCase());
  return encodings.filter((encoding) => encoding !== "" && encoding !== "identity").join(", ");
}

async function receiveCompressed(exchange: Exchange, limit: BodyLimit, encoding: string): Promise<Buffer> {
  const decompress = ownValue(decompressors, encoding);
  if (decompress === undefined) {
    throw new GatewayError(
      "caller_unsupported_encoding",
      `content-encoding ${encoding} is not known; send gzip, br, zstd, deflate or none`,
    );
  }
  const compressed = await collectBody(exchange, limit);
  try {
    return await decompress(compressed, limit.bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit);
    throw new GatewayError("caller_invalid_request", `the body is not valid ${encoding}`, { cause: error });
  }
}

function collectBody(exchange: Exchange, limit: BodyLimit): Buffer | Promise<Buffer> {
  const announced = Number(exchange.header("content-length") ?? 0);
  if (announced > limit.bytes) throw refuseRest(exchange, limit);
  const whole = exchange.wholeBody;
  if (whole !== null && whole.length <= limit.bytes) return whole;
  return new Promise((resolve, reject) => {
    const collector = new BodyCollector(announced);
    const check = (size: number): void => {
      if (size > limit.bytes) reject(refuseRest(exchange, limit));
    };
    exchange.receive({
      onData: (piece) => check(collector.add(piece)),
      onEnd: () => resolve(collector.take()),
      onGone: () => reject(new GatewayError("caller_gone", "the client left while it was sending its request")),
      space: { next: () => collector.room(), onFilled: (length) => check(collector.fill(length)) },
    });
  });
}

/** What has come may announce so many times as much to have the memory of all of it at once. */
const trustedTimes = 64;
/** From so much on, or so many pieces, any announcement is trusted: pieces that wait to be joined double the memory. */
const joinedBytes = 65_536;
const joinedPieces = 64;

/**
 * Lays what comes where it belongs. Memory is set aside for what has come, not for what is announced, and what is copied is
 * given back at once: left to V8, it has the whole heap marked every hundred calls (docs/performance.md).
 */
class BodyCollector {
  readonly #announced: number;
  #pieces: Buffer[] = [];
  #body: Buffer<ArrayBuffer> | null = null;
  #size = 0;

  constructor(announced: number) {
    this.#announced = announced;
  }

  /** Takes a piece, which is the collector's own. The bytes so far. */
  add(piece: Buffer): number {
    const at = this.#size;
    this.#size += piece.length;
    if (this.#body === null) {
      this.#pieces.push(piece);
      if (this.#isNear()) this.#lay(this.#announced);
      else if (this.#size > joinedBytes || this.#pieces.length > joinedPieces) {
        this.#lay(Math.max(this.#announced, 2 * this.#size));
      }
      return this.#size;
    }
    if (this.#size > this.#body.length) this.#grow(this.#body);
    piece.copy(this.#body, at);
    releaseBytes(piece);
    return this.#size;
  }

  /** Memory for the next bytes; null: there is none yet. */
  room(): Buffer | null {
    return this.#body === null || this.#body.length === this.#size ? null : this.#body.subarray(this.#size);
  }

  /** `length` more bytes are in the room. The bytes so far. */
  fill(length: number): number {
    this.#size += length;
    return this.#size;
  }

  take(): Buffer {
    const body = this.#body ?? this.#lay(this.#size);
    // A part of a block could not be given back when the call is over.
    return body.length === this.#size ? body : Buffer.from(body.buffer.transfer(this.#size));
  }

  #isNear(): boolean {
    return this.#size <= this.#announced && this.#announced <= trustedTimes * this.#size;
  }

  #lay(capacity: number): Buffer<ArrayBuffer> {
    const body = Buffer.allocUnsafeSlow(capacity);
    let at = 0;
    for (const piece of this.#pieces) {
      at += piece.copy(body, at);
      releaseBytes(piece);
    }
    this.#pieces = [];
    this.#body = body;
    return body;
  }

  #grow(full: Buffer): void {
    this.#body = Buffer.allocUnsafeSlow(2 * this.#size);
    full.copy(this.#body);
    releaseBytes(full);
  }
}

/** The rest is read and thrown away, so that the client, still sending, gets to read our answer. */
function refuseRest(exchange: Exchange, limit: BodyLimit): GatewayError {
  exchange.discardBody();
  return tooLarge(limit);
}

function tooLarge({ bytes, setting }: BodyLimit): GatewayError {
  return new GatewayError(
    "caller_body_too_large",
    `the request's body is larger than ${bytes} bytes${setting === null ? "" : ` (${setting})`}`,
    {
      headers: { connection: "close" },
    },
  );
}
