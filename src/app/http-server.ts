/** The HTTP server of the router: the limits that keep odd clients harmless, and what it answers to what is no request. */
import type { AddressInfo, Server } from "node:net";
import { GatewayError } from "../core/errors/errors.ts";
import { createCallId } from "../core/ids.ts";
import { renderError } from "../dialects/errors/render-error.ts";
import type { Exchange } from "../gateway/request/exchange.ts";
import { ClientServer } from "../server/client-server.ts";
import type { RequestRefusal } from "../server/request-head.ts";
import { headBytesLimit } from "../server/request-parser.ts";

export interface HttpServerSettings {
  /** For a request's whole body to arrive. */
  readonly requestTimeoutMs: number;
  /** Announced to clients: how long a connection without a request is kept. */
  readonly keepAliveMs?: number;
}

/** Idle connections are kept longer than balancers keep theirs (60 s), so that they, not we, close first. */
const usualKeepAliveMs = 75_000;
const headersTimeoutMs = 30_000;

/** A server that hands every request to `handle`, which answers it and never throws. */
export function createHttpServer(settings: HttpServerSettings, handle: (exchange: Exchange) => void): ClientServer {
  return new ClientServer({
    headersTimeoutMs: Math.min(headersTimeoutMs, settings.requestTimeoutMs),
    requestTimeoutMs: settings.requestTimeoutMs,
    keepAliveMs: settings.keepAliveMs ?? usualKeepAliveMs,
    handle,
    refuse: (refusal) => {
      const error = toClientError(refusal);
      const body = renderError("anthropic-messages", error, createCallId(Date.now()));
      return { status: error.status, headers: ["content-type", "application/json"], body };
    },
  });
}

const backlog = 4096;

/** Resolves with the port; rejects with the system's error (`EADDRINUSE`, `EACCES`). */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return started(server, (onStart) => server.listen({ host, port, backlog }, onStart));
}

/** The same with a socket that another process has bound. */
export function listenWith(server: Server, bound: unknown): Promise<number> {
  return started(server, (onStart) => server.listen(bound, backlog, onStart));
}

function started(server: Server, start: (onStart: () => void) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    start(() => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

const refusalWords = {
  malformed: "the request is not well-formed HTTP/1.1",
  "unclear-host": "the request names no host, two, or one that is none: send one header host",
  "unclear-length":
    "where the request's body ends is not certain: send one content-length in digits, or transfer-encoding: chunked, not both",
} as const;

function toClientError(refusal: RequestRefusal): GatewayError {
  if (refusal === "timeout") {
    return new GatewayError("caller_request_timeout", "the request did not arrive in time (server.requestTimeoutMs)");
  }
  if (refusal === "headers-too-large") {
    return new GatewayError("caller_headers_too_large", `the headers are larger than ${headBytesLimit} bytes`);
  }
  return new GatewayError("caller_invalid_request", refusalWords[refusal]);
}
