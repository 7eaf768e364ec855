/**
 * The upstream client's interface: one request to a provider, its answer pushed piece by piece.
 *
 * Callbacks instead of streams: web streams and async iteration cost several times as much a chunk.
 */

import type { SharedHeaders } from "./shared-headers.ts";

export interface UpstreamTimeouts {
  /** Until the request goes out on a connection: the wait for a free socket, name look-up, connecting and TLS. */
  readonly connectMs: number;
  /** From handing the request to its socket to the answer's headers. */
  readonly firstByteMs: number;
  /** Longest silence between two pieces of the answer. A receiver's own pause does not count. */
  readonly betweenBytesMs: number;
}

export interface UpstreamRequest {
  readonly method: "GET" | "POST";
  /** Path with query, below the client's origin. */
  readonly path: string;
  /**
   * Names in lower case, without the connection's own (`host`, `connection`, `content-length`, `transfer-encoding`).
   * `accept-encoding` is the sender's to set: `identity` keeps the answer's bytes as they are.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** More of them; those of `headers` stand in place of any with their name. */
  readonly shared?: SharedHeaders;
  readonly body: Uint8Array | null;
  readonly timeouts: UpstreamTimeouts;
}

/** All headers of a request. */
export function allHeaders({ headers, shared }: UpstreamRequest): Readonly<Record<string, string>> {
  return { ...shared?.values, ...headers };
}

/** Header names in lower case; a repeated one is a list. */
export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Status and headers of an answer. A body that came compressed is unpacked on its way, so `content-encoding` and
 * `content-length` are gone from the headers then: every reader of an answer sees its plain bytes.
 */
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
  /**
   * Rejects with a GatewayError `provider_unreachable`, `provider_timeout` or `provider_bad_answer`; with `caller_gone`
   * if `abort` came first, so that nobody waits for ever.
   */
  readonly answer: Promise<UpstreamAnswer>;
  /** Whether the request has gone out on a connection: from then on the provider may do its work. */
  readonly isSent: boolean;
  /** Ends the exchange and its connection's use at once; safe at any time, more than once. No BodyReceiver is called after it. */
  abort(): void;
}

/** Open sockets, and requests on and waiting for them. */
export interface UpstreamStats {
  readonly sockets: number;
  readonly running: number;
  readonly queued: number;
  /** When the certificate ends that the origin showed last, Unix milliseconds; null without TLS, before it, or behind a proxy. */
  readonly certificateExpiresAtMs: number | null;
}

export interface UpstreamClient {
  send(request: UpstreamRequest): UpstreamExchange;
  stats(): UpstreamStats;
  /** Takes no more requests, lets those on their way end, then closes the sockets. */
  close(): Promise<void>;
}
