/**
 * Unpacks an answer that a provider compressed although it was asked for `identity`.
 *
 * It happens in the upstream client, for every answer: usage must be read from each one, error bodies must be
 * classified, and a client that never asked for compression must not get it. Answers without `content-encoding` (all,
 * as a rule) never come here.
 */
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { Transform } from "node:stream";
import { GatewayError } from "../../core/errors/errors.ts";
import { ownValue } from "../../core/json/own-value.ts";
import type { BodyReceiver, UpstreamHeaders } from "./upstream.ts";

/** A receiver that unpacks and passes on; `pause` and `resume` are its reader's. */
export interface BodyDecoder extends BodyReceiver {
  pause(): void;
  resume(): void;
  /** Frees it; its reader hears nothing more. */
  destroy(): void;
}

/** The exchange whose body is unpacked. */
interface PackedSource {
  readonly origin: string;
  pause(): void;
  resume(): void;
  abort(): void;
}

const decompressors: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** The encoding of a body in lower case, null if its bytes are plain. */
export function encodingOf(headers: UpstreamHeaders): string | null {
  const header = headers["content-encoding"];
  if (header === undefined) return null;
  const encoding = String(header).trim().toLowerCase();
  return encoding === "" || encoding === "identity" ? null : encoding;
}

/** Headers as they fit the unpacked body. */
export function plainHeaders(headers: UpstreamHeaders): UpstreamHeaders {
  const { "content-encoding": _encoding, "content-length": _length, ...plain } = headers;
  return plain;
}

/** Unpacks `encoding` for `reader`. An encoding that we do not know ends in `provider_bad_answer`. */
export function createBodyDecoder(encoding: string, reader: BodyReceiver, source: PackedSource): BodyDecoder {
  const create = ownValue(decompressors, encoding);
  if (create === undefined) return refuseEncoding(encoding, reader, source);
  let hasBytes = false;
  let isOver = false;
  let sourceError: Error | null = null;
  const stream = create();
  const endWith = (error: Error | null): void => {
    if (isOver) return;
    isOver = true;
    stream.destroy();
    if (error === null) reader.onEnd();
    else reader.onError(error);
  };
  stream.on("data", (chunk: Uint8Array) => {
    if (!isOver) reader.onData(chunk);
  });
  stream.on("end", () => endWith(sourceError));
  stream.on("drain", () => source.resume());
  stream.on("error", (error: Error) => {
    const wasOver = isOver;
    endWith(sourceError ?? toDecodeError(error, encoding, source.origin));
    if (!wasOver) source.abort();
  });
  return {
    onData: (chunk) => {
      hasBytes = true;
      if (!isOver && !stream.write(chunk)) source.pause();
    },
    onEnd: () => {
      if (hasBytes) stream.end();
      else endWith(null);
    },
    onError: (error) => {
      sourceError = error;
      if (hasBytes) stream.end();
      else endWith(error);
    },
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    destroy: () => {
      isOver = true;
      stream.destroy();
    },
  };
}

function toDecodeError(error: Error, encoding: string, origin: string): GatewayError {
  const options = { cause: error };
  if ((error as { code?: unknown }).code === "Z_BUF_ERROR") {
    return new GatewayError("provider_cut_answer", `${origin} ended its answer in mid ${encoding}.`, options);
  }
  return new GatewayError("provider_bad_answer", `${origin} sent an answer that is no ${encoding}.`, options);
}

function refuseEncoding(encoding: string, reader: BodyReceiver, source: PackedSource): BodyDecoder {
  let isOver = false;
  const refuse = (): void => {
    if (isOver) return;
    isOver = true;
    const message = `${source.origin} sent an answer in the unknown encoding "${encoding}".`;
    reader.onError(new GatewayError("provider_bad_answer", message));
    source.abort();
  };
  const nothing = (): void => undefined;
  const destroy = (): void => {
    isOver = true;
  };
  return { onData: refuse, onEnd: refuse, onError: refuse, pause: nothing, resume: nothing, destroy };
}
