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
    exchange.receive({
      onData: (piece) => {
        if (collector.add(piece) > limit.bytes) reject(refuseRest(exchange, limit));
      },
      onEnd: () => resolve(collector.take()),
      onGone: () => reject(new GatewayError("caller_gone", "the client left while it was sending its request")),
    });
  });
}

/** Smaller bodies come in a few pieces, most of them in one, which is then the body itself. */
const joinedBytes = 65_536;
const joinedPieces = 64;

/**
 * Larger ones, and those of very many pieces, are laid where they belong as they come: what waits to be joined doubles the
 * memory, and small pieces cost a hundred times theirs. Memory is set aside for what has come, not for what is announced.
 */
class BodyCollector {
  readonly #announced: number;
  #pieces: Buffer[] = [];
  #body: Buffer | null = null;
  #size = 0;
  #copied: Buffer | null = null;

  constructor(announced: number) {
    this.#announced = announced;
  }

  /** The bytes so far. */
  add(piece: Buffer): number {
    const at = this.#size;
    this.#size += piece.length;
    if (this.#body === null) {
      this.#pieces.push(piece);
      if (this.#size > joinedBytes || this.#pieces.length > joinedPieces) this.#lay();
      return this.#size;
    }
    if (this.#size > this.#body.length) this.#grow(this.#body);
    // Whoever handed it over is done with it when the next one comes.
    if (this.#copied !== null) releaseBytes(this.#copied);
    this.#copied = piece;
    piece.copy(this.#body, at);
    return this.#size;
  }

  take(): Buffer {
    if (this.#body !== null) return this.#body.subarray(0, this.#size);
    return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#size);
  }

  #lay(): void {
    this.#body = Buffer.allocUnsafeSlow(Math.max(this.#announced, 2 * this.#size));
    let at = 0;
    for (const piece of this.#pieces) at += piece.copy(this.#body, at);
    this.#pieces = [];
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
