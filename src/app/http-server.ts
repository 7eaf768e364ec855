/** The HTTP server: a small table of routes over node:http, and the limits that keep odd clients harmless. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Exchange } from "../gateway/exchange.ts";

export interface HttpServerSettings {
  /** For a request's whole body to arrive. */
  readonly requestTimeoutMs: number;
}

/** Idle connections are kept longer than balancers keep theirs (60 s), so that they, not we, close first. */
const keepAliveMs = 75_000;
const headersTimeoutMs = 30_000;
const maxHeaderBytes = 65_536;

/** A server that hands every request to `handle`, which answers it and never throws. */
export function createHttpServer(settings: HttpServerSettings, handle: (exchange: Exchange) => void): Server {
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: Math.min(headersTimeoutMs, settings.requestTimeoutMs),
      requestTimeout: settings.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(5000, settings.requestTimeoutMs),
      maxHeaderSize: maxHeaderBytes,
      noDelay: true,
    },
    (request: IncomingMessage, response: ServerResponse) => handle(new Exchange(request, response)),
  );
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

const malformedAnswers: Readonly<Record<string, readonly [string, string, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "timeout_error", "the request did not arrive in time"],
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "invalid_request_error",
    `headers are larger than ${maxHeaderBytes} bytes`,
  ],
};

/** What is no HTTP gets an HTTP answer all the same: people look at these with curl. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const known = malformedAnswers[error.code ?? ""];
  const [status, type, message] = known ?? [
    "400 Bad Request",
    "invalid_request_error",
    "the request is not well-formed HTTP",
  ];
  const body = JSON.stringify({ type: "error", error: { type, message } });
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`, () => socket.destroy());
}
