/**
 * Decompresses a request's body: bounded, and few at a time.
 *
 * A dozen bytes become as many as the limit allows. Those that wait for their turn do so as they came, so that memory is
 * taken for a few, however many come at once.
 */
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";

/** Rejects with `ERR_BUFFER_TOO_LARGE` beyond `maxOutputLength`, and with zlib's error for what does not decompress. */
export type Decompress = (compressed: Buffer, maxOutputLength: number) => Promise<Buffer>;

/** As many as the system's threads: more would end no sooner. */
const mostAtOnce = 4;

/** Each piece is a turn of a thread and of the event loop: with zlib's own 16 KiB a body of 8 MB takes seven times as long. */
const chunkSize = 65_536;

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn(decompress: () => Promise<Buffer>): Promise<Buffer> {
  if (running === mostAtOnce) await new Promise<void>((begin) => waiting.push(begin));
  else running++;
  try {
    return await decompress();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

type ZlibDecompress = (
  bytes: Buffer,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Promise<Buffer>;

const inTurnBy =
  (decompress: ZlibDecompress): Decompress =>
  (compressed, maxOutputLength) =>
    inTurn(() => decompress(compressed, { maxOutputLength, chunkSize }));

const gzip = inTurnBy(promisify(gunzip));

/** By the name that `content-encoding` has for it. */
export const decompressors: Readonly<Record<string, Decompress>> = {
  gzip,
  "x-gzip": gzip,
  deflate: inTurnBy(promisify(inflate)),
  br: inTurnBy(promisify(brotliDecompress)),
  zstd: inTurnBy(promisify(zstdDecompress)),
};
