/**
 * The client's side of a call: its request, and the answer that is being written to it.
 *
 * The one place that touches node:http objects on the call's path.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

const slash = 0x2f;

/** Silence of a client to which the end of its answer is still owed. */
const unreadLimitMs = 60_000;

/** Header names and values in turn, as node:http takes them without a copy. */
export type FlatHeaders = string[];

const oneWriteBytes = 16_384;

export class Exchange {
  readonly request: IncomingMessage;
  readonly path: string;
  /** With its question mark, or "". */
  readonly query: string;
  /** Bytes of the answer's body given to the client's socket. */
  bytesWritten = 0;
  /** Whether the client left before its answer was complete. */
  isGone = false;
  readonly #response: ServerResponse;
  #onGone: (() => void) | null = null;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    const url = originForm(request.url ?? "/");
    const mark = url.indexOf("?");
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = mark < 0 ? "" : url.slice(mark);
    response.on("close", () => {
      if (response.writableFinished) return;
      this.isGone = true;
      this.#onGone?.();
    });
  }

  get method(): string {
    return this.request.method ?? "GET";
  }

  /** A header of the request, its name in lower case. */
  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Calls `listener` when the client leaves early: at once if it has left. One listener at a time. */
  onGone(listener: (() => void) | null): void {
    this.#onGone = listener;
    if (this.isGone) listener?.();
  }

  /** The status that the client got; 499 if it left before it got one. */
  get status(): number {
    return this.#response.headersSent ? this.#response.statusCode : 499;
  }

  get hasHead(): boolean {
    return this.#response.headersSent;
  }

  /** A whole answer in one write. */
  respond(status: number, headers: FlatHeaders, body: string | Uint8Array): void {
    if (this.isGone || this.#response.headersSent) return;
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    headers.push("content-length", String(length));
    this.bytesWritten = length;
    this.#response.writeHead(status, headers);
    // As latin1 text a small body goes out in one write with its head; bytes would make it two, joined by writev.
    if (typeof body === "string" || length > oneWriteBytes) this.#response.end(body);
    else this.#response.end(Buffer.from(body.buffer, body.byteOffset, length).toString("latin1"), "latin1");
    this.#requireReader();
  }

  /** The head of an answer whose body follows piece by piece. */
  begin(status: number, headers: FlatHeaders): void {
    if (this.isGone) return;
    this.#response.writeHead(status, headers);
  }

  /** False: the client reads slower than we write; `onDrain` tells when it has caught up. */
  write(piece: string | Uint8Array): boolean {
    if (this.isGone) return true;
    this.bytesWritten += typeof piece === "string" ? Buffer.byteLength(piece) : piece.byteLength;
    return this.#response.write(piece);
  }

  onDrain(listener: () => void): void {
    this.#response.once("drain", listener);
  }

  /** Lets the connection end with this answer: the client finds another instance for its next request. */
  closeAfter(): void {
    this.#response.shouldKeepAlive = false;
  }

  end(): void {
    if (this.isGone) return;
    this.#response.end();
    this.#requireReader();
  }

  /** Breaks the connection: the only honest end of a whole answer of which a part is missing. */
  destroy(): void {
    this.#response.destroy();
  }

  /** The call is over. A client that takes nothing of what is left for it may not keep it in memory for ever. */
  #requireReader(): void {
    const { socket } = this.#response;
    if (socket === null || socket.writableLength === 0) return;
    const drop = (): void => void socket.destroy();
    socket.setTimeout(unreadLimitMs, drop);
    this.#response.once("finish", () => socket.off("timeout", drop));
  }
}

/** `http://host/path` as `/path`: servers must take both (RFC 9112, 3.2.2). The Host header stays what is checked. */
function originForm(url: string): string {
  if (url.charCodeAt(0) === slash) return url;
  const [, path] = /^https?:\/\/[^/?#]*(.*)$/i.exec(url) ?? [];
  if (path === undefined) return url;
  return path.startsWith("/") ? path : `/${path}`;
}
