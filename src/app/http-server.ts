/** The HTTP server: a small table of routes over node:http, and the limits that keep odd clients harmless. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { GatewayError } from "../core/errors.ts";
import { createCallId } from "../core/ids.ts";
import { renderError } from "../dialects/errors/render-error.ts";
import { Exchange } from "../gateway/exchange.ts";

// An import would evaluate everything that the module offers, `fetch` and its like too: 27 ms and 8 MB of a start.
const { createServer, STATUS_CODES } = process.getBuiltinModule("node:http");

export interface HttpServerSettings {
  /** For a request's whole body to arrive. */
  readonly requestTimeoutMs: number;
}

/** Idle connections are kept longer than balancers keep theirs (60 s), so that they, not we, close first. */
const keepAliveMs = 75_000;
const headersTimeoutMs = 30_000;
/** Of requests. What we take, common servers (node among them) must take from us: their refusal would count against them. */
const maxHeaderBytes = 16_384;

/** A server that hands every request to `handle`, which answers it and never throws. */
export function createHttpServer(settings: HttpServerSettings, handle: (exchange: Exchange) => void): Server {
  const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
    handle(new Exchange(request, response));
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: Math.min(headersTimeoutMs, settings.requestTimeoutMs),
      requestTimeout: settings.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(5000, settings.requestTimeoutMs),
      maxHeaderSize: maxHeaderBytes,
      noDelay: true,
      // Requests without a host get our own answer, in the client's shape.
      requireHostHeader: false,
    },
    onRequest,
  );
  // An expectation that is not known may be ignored (RFC 9110, 10.1.1); node's own answer would be an empty 417.
  server.on("checkExpectation", onRequest);
  server.on("clientError", answerMalformed);
  return server;
}

/** Resolves with the port; rejects with the system's error (`EADDRINUSE`, `EACCES`). */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** What is no HTTP gets an HTTP answer all the same: people look at these with curl. */
function answerMalformed(cause: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || cause.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const error = toClientError(cause);
  const { body } = renderError("anthropic-messages", error, createCallId());
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${headers}\r\n\r\n${body}`, () =>
    socket.destroy(),
  );
}

function toClientError({ code }: NodeJS.ErrnoException): GatewayError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return new GatewayError("caller_request_timeout", "the request did not arrive in time (server.requestTimeoutMs)");
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return new GatewayError("caller_headers_too_large", `the headers are larger than ${maxHeaderBytes} bytes`);
  }
  return new GatewayError("caller_invalid_request", "the request is not well-formed HTTP");
}
