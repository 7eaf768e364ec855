/**
 * The upstream client's interface: one request to a provider, its answer pushed piece by piece.
 *
 * Callbacks instead of streams: web streams and async iteration cost several times as much a chunk.
 */

export interface UpstreamTimeouts {
  readonly connectMs: number;
  /** From the request's last byte to the answer's headers. */
  readonly firstByteMs: number;
  /** Longest silence between two pieces of the answer. */
  readonly betweenBytesMs: number;
}

export interface UpstreamRequest {
  readonly method: "GET" | "POST";
  /** Path with query, below the client's origin. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  readonly timeouts: UpstreamTimeouts;
}

/** Header names in lower case; repeated ones joined by the transport, `set-cookie` apart. */
export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface AnswerHead {
  readonly status: number;
  readonly headers: UpstreamHeaders;
}

/** Receives an answer's body. Called in order; exactly one of `onEnd` and `onError` is the last call. */
export interface BodyReceiver {
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  /** GatewayError with a `provider_*` code. */
  onError(error: Error): void;
}

/** An answer whose head has come; its body waits (a bounded part of it in memory) until it is received. */
export interface UpstreamAnswer {
  readonly head: AnswerHead;
  /** Starts the body's flow; pieces that are here already are delivered at once, synchronously. Call it once. */
  receive(receiver: BodyReceiver): void;
  /** Stops reading from the provider until `resume`: back-pressure reaches it. */
  pause(): void;
  resume(): void;
}

/** A request on its way. */
export interface UpstreamExchange {
  /** Rejects with a GatewayError `provider_unreachable`, `provider_timeout` or `provider_bad_answer`. */
  readonly answer: Promise<UpstreamAnswer>;
  /** Ends the exchange and its connection's use at once; safe at any time, more than once. No callback follows. */
  abort(): void;
}

export interface UpstreamClient {
  send(request: UpstreamRequest): UpstreamExchange;
  /** Open sockets, and requests on and waiting for them. */
  stats(): { readonly sockets: number; readonly running: number; readonly queued: number };
  close(): Promise<void>;
}
