/** A client that sends any bytes and reads one HTTP answer, by hand: what it is sent must be well formed without help. */
import net from "node:net";

export type RawResult =
  | { readonly kind: "answer"; readonly answer: RawAnswer }
  /** The connection closed without a byte of an answer. */
  | { readonly kind: "silent" }
  /** What came is no HTTP answer. */
  | { readonly kind: "malformed"; readonly text: string }
  /** Nothing within the deadline, or not the rest. */
  | { readonly kind: "hang"; readonly text: string };

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** False where the connection closed in the middle of the body. */
  readonly isComplete: boolean;
}

/** Sends `pieces` on a new connection to `port` and waits for one answer. Never rejects. */
export function sendRaw(
  port: number,
  pieces: readonly Buffer[],
  isHalf: boolean,
  deadlineMs: number,
): Promise<RawResult> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
    const finish = (result: RawResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const bytes = (): Buffer => (received.length === 1 ? (received[0] ?? Buffer.alloc(0)) : Buffer.concat(received));
    const timer = setTimeout(
      () => finish({ kind: "hang", text: bytes().toString("latin1").slice(0, 500) }),
      deadlineMs,
    );
    const onClosed = (): void => {
      const read = readAnswer(bytes(), true);
      finish(read ?? { kind: "silent" });
    };
    socket.on("data", (data) => {
      received.push(data);
      const read = readAnswer(bytes(), false);
      if (read !== null) finish(read);
    });
    socket.on("end", onClosed);
    socket.on("close", onClosed);
    // A server that refuses half a request may reset the connection; what it said before still counts.
    socket.on("error", () => undefined);
    writePieces(socket, pieces, isHalf);
  });
}

function writePieces(socket: net.Socket, pieces: readonly Buffer[], isHalf: boolean): void {
  const writeFrom = (index: number): void => {
    const piece = pieces[index];
    if (socket.destroyed) return;
    if (piece !== undefined) socket.write(piece, () => setImmediate(writeFrom, index + 1));
    else if (isHalf) socket.end();
  };
  writeFrom(0);
}

/** The first final answer in `bytes`; null while more is to come. */
function readAnswer(bytes: Buffer, isClosed: boolean): RawResult | null {
  let at = 0;
  for (;;) {
    if (bytes.length === at) return null;
    const headEnd = bytes.indexOf("\r\n\r\n", at);
    if (headEnd < 0) return isClosed ? malformed(bytes) : null;
    const [first = "", ...lines] = bytes.toString("latin1", at, headEnd).split("\r\n");
    const status = /^HTTP\/1\.1 ([1-5]\d\d)(?: |$)/.exec(first)?.[1];
    if (status === undefined) return malformed(bytes);
    at = headEnd + 4;
    if (status.startsWith("1")) continue;
    const headers = readHeaders(lines);
    return headers === null ? malformed(bytes) : readBody(bytes.subarray(at), Number(status), headers, isClosed);
  }
}

function readHeaders(lines: readonly string[]): Map<string, string> | null {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    headers.set(name.toLowerCase(), value);
  }
  return headers;
}

function readBody(
  bytes: Buffer,
  status: number,
  headers: ReadonlyMap<string, string>,
  isClosed: boolean,
): RawResult | null {
  const made = (body: Buffer, isComplete: boolean): RawResult => ({
    kind: "answer",
    answer: { status, headers, body: body.toString(), isComplete },
  });
  if (status === 204 || status === 304) return made(Buffer.alloc(0), true);
  if (headers.get("transfer-encoding") === "chunked") return readChunked(bytes, made, isClosed);
  const length = headers.get("content-length");
  if (length === undefined) return isClosed ? made(bytes, true) : null;
  if (bytes.length >= Number(length)) return made(bytes.subarray(0, Number(length)), true);
  return isClosed ? made(bytes, false) : null;
}

function readChunked(
  bytes: Buffer,
  made: (body: Buffer, isComplete: boolean) => RawResult,
  isClosed: boolean,
): RawResult | null {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return isClosed ? made(Buffer.concat(chunks), false) : null;
    const line = bytes.toString("latin1", at, lineEnd);
    if (!/^[0-9a-fA-F]+$/.test(line)) return malformed(bytes);
    const size = Number.parseInt(line, 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return isClosed ? made(Buffer.concat(chunks), false) : null;
    if (size === 0) return made(Buffer.concat(chunks), true);
    chunks.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}

function malformed(bytes: Buffer): RawResult {
  return { kind: "malformed", text: bytes.toString("latin1").slice(0, 500) };
}
