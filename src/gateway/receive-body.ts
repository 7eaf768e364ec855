/**
 * Receives a request's body: bounded, decompressed, from clients that may be slow or leave.
 *
 * How long it may take is the HTTP server's own limit (`server.requestTimeoutMs`).
 */
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import { GatewayError } from "../core/errors.ts";
import type { Exchange } from "./exchange.ts";

type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const decompressors: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

const nothing = Buffer.alloc(0);

/**
 * The body's bytes. Throws GatewayError `caller_body_too_large`, `caller_unsupported_encoding`,
 * `caller_invalid_request` (it does not decompress) or `caller_gone`.
 */
export async function receiveBody(exchange: Exchange, limitBytes: number): Promise<Buffer> {
  const encoding = exchange.header("content-encoding");
  if (encoding === undefined || encoding === "identity") return collectBody(exchange, limitBytes);
  const decompress = decompressors[encoding.trim().toLowerCase()];
  if (decompress === undefined) {
    throw new GatewayError(
      "caller_unsupported_encoding",
      `content-encoding ${encoding} is not known; send gzip, br, zstd, deflate or none`,
    );
  }
  const compressed = await collectBody(exchange, limitBytes);
  try {
    return await decompress(compressed, { maxOutputLength: limitBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limitBytes);
    throw new GatewayError("caller_invalid_request", `the body is not valid ${encoding}`, { cause: error });
  }
}

function collectBody(exchange: Exchange, limitBytes: number): Promise<Buffer> {
  const { request } = exchange;
  const announced = Number(exchange.header("content-length") ?? 0);
  if (announced > limitBytes) return Promise.reject(refuseRest(exchange, limitBytes));
  return new Promise((resolve, reject) => {
    let first: Buffer | null = null;
    let pieces: Buffer[] | null = null;
    let size = 0;
    request.on("data", (piece: Buffer) => {
      size += piece.length;
      if (size > limitBytes) {
        request.removeAllListeners("data");
        reject(refuseRest(exchange, limitBytes));
      } else if (first === null) first = piece;
      else if (pieces === null) pieces = [first, piece];
      else pieces.push(piece);
    });
    request.on("end", () => resolve(pieces === null ? (first ?? nothing) : Buffer.concat(pieces, size)));
    request.on("close", () => {
      if (!request.complete)
        reject(new GatewayError("caller_gone", "the client left while it was sending its request"));
    });
    request.on("error", () =>
      reject(new GatewayError("caller_gone", "the client's connection broke while it was sending its request")),
    );
  });
}

/** The rest is read and thrown away, so that the client, still sending, gets to read our answer. */
function refuseRest(exchange: Exchange, limitBytes: number): GatewayError {
  exchange.request.resume();
  return tooLarge(limitBytes);
}

function tooLarge(limitBytes: number): GatewayError {
  return new GatewayError(
    "caller_body_too_large",
    `the request's body is larger than ${limitBytes} bytes (server.bodyLimitBytes)`,
    {
      headers: { connection: "close" },
    },
  );
}
