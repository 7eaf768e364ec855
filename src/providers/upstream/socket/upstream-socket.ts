/**
 * The upstream client on plain sockets: HTTP/1.1 with keep-alive to one origin, over TCP or TLS, without a proxy.
 *
 * It does what this gateway needs of HTTP and nothing else, which costs half of what a general client does. No
 * retries in here: a kept-alive connection that the provider closed just as a request went out shows as
 * `provider_unreachable`, as the provider may have done the work of a POST already; the loop that tries targets decides.
 */
import { GatewayError } from "../../../core/errors/errors.ts";
import { UnsendableRequest, renderFixedLines, renderRequestHead } from "./http-request-head.ts";
import { SocketExchange } from "./socket-exchange.ts";
import { createSocketOpener } from "./socket-opener.ts";
import { SocketPool } from "./socket-pool.ts";
import { LimitSweep } from "../upstream-sweep.ts";
import type { UpstreamClient } from "../upstream.ts";

export interface SocketUpstreamOptions {
  /** Scheme, host and port: `https://api.openai.com`. */
  readonly origin: string;
  /** A certificate authority (PEM) trusted besides the usual ones. */
  readonly ca: string | null;
  /** Most connections at once; further requests wait for one. */
  readonly maxSockets: number;
}

/** A client for one origin. Throws TypeError for an origin that is no http(s) URL. */
export function createSocketUpstream(options: SocketUpstreamOptions): UpstreamClient {
  const url = new URL(options.origin);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError(`${url.protocol} is no HTTP`);
  const { origin } = url;
  const fixedLines = renderFixedLines(url.host);
  const sweep = new LimitSweep();
  let certificateExpiresAtMs: number | null = null;
  const open = createSocketOpener(url, options.ca, (expiresAtMs) => {
    certificateExpiresAtMs = expiresAtMs;
  });
  const pool = new SocketPool(open, options.maxSockets);
  return {
    send: (request) => {
      const head = renderRequestHead(request, fixedLines);
      const isRefused = head instanceof UnsendableRequest;
      const exchange = new SocketExchange(origin, request.timeouts, sweep, isRefused ? "" : head, request.body);
      if (isRefused) {
        const message = `The request to ${origin} cannot be sent: ${head.problem}.`;
        exchange.fail(new GatewayError("router_failed", message));
      } else if (pool.isClosing) {
        exchange.fail(new GatewayError("router_shutting_down", `The connections to ${origin} are closed.`));
      } else pool.send(exchange);
      return exchange;
    },
    stats: () => ({ ...pool.stats(), certificateExpiresAtMs }),
    close: () => pool.close(),
  };
}
