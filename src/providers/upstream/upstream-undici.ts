/**
 * The upstream client on undici: HTTP/1.1 with keep-alive to one origin, through a proxy where one is named.
 *
 * `dispatch` and not `fetch`: it costs a fifth. No HTTP/2: one connection's flow control would couple streams, and it
 * was slower in every measurement. No retries in here: a kept-alive socket that the provider closed just as a request
 * went out shows as `provider_unreachable`, and the loop that tries targets decides.
 */
import { createRequire } from "node:module";
import type * as Undici from "undici";
import type { Dispatcher, Pool } from "undici";
import { UndiciExchange } from "./undici-exchange.ts";
import { authoritiesWith } from "./upstream-authorities.ts";
import { LimitSweep } from "./upstream-sweep.ts";
import { allHeaders } from "./upstream.ts";
import type { UpstreamClient, UpstreamRequest } from "./upstream.ts";

export interface UndiciUpstreamOptions {
  /** Scheme, host and port: `https://api.openai.com`. */
  readonly origin: string;
  /** URL of an HTTP proxy, with user and password if it wants them; null connects directly. */
  readonly proxy: string | null;
  /** A certificate authority (PEM) trusted besides the usual ones. */
  readonly ca: string | null;
  /** Most connections at once; further requests wait for one. */
  readonly maxSockets: number;
}

/** Attempts to connect end after this long even if every request that waited for them has given up. */
const connectLimitMs = 30_000;

/** A provider's `keep-alive: timeout` shortens it. Common servers keep idle connections for 60 s or more. */
const keepAliveMs = 50_000;

/** A connection of this age takes no more requests: a name that leads elsewhere by now is followed, however busy we are. */
const maxSocketAgeMs = 300_000;

const maxHeaderBytes = 65_536;

/** A client for one origin. Throws TypeError for an origin or proxy that is no http(s) URL. */
export function createUndiciUpstream(options: UndiciUpstreamOptions): UpstreamClient {
  const origin = new URL(options.origin).origin;
  const pools: Pool[] = [];
  const sweep = new LimitSweep();
  const dispatcher = createDispatcher(origin, options, pools);
  const isFull = (): boolean => sumStats(pools).running >= options.maxSockets;
  return {
    send: (request) => send(dispatcher, request, new UndiciExchange(origin, request.timeouts, sweep, isFull)),
    stats: () => sumStats(pools),
    close: () => dispatcher.close(),
  };
}

/** Loaded for the first client only: it takes 50 ms and 14 MB, and most set-ups know no proxy. */
function loadUndici(): typeof Undici {
  return createRequire(import.meta.url)("undici") as typeof Undici;
}

function send(dispatcher: Dispatcher, request: UpstreamRequest, exchange: UndiciExchange): UndiciExchange {
  const { path, method, body } = request;
  const { origin } = exchange;
  const length = body === null ? {} : { "content-length": String(body.length) };
  dispatcher.dispatch(
    {
      origin,
      path,
      method,
      headers: { ...allHeaders(request), ...length },
      body: body === null ? null : asIterable(body),
      headersTimeout: 0,
      bodyTimeout: 0,
    },
    exchange,
  );
  return exchange;
}

/**
 * Of a list undici knows whether it is out: it ends the connection of an answer that comes before. The memory of a body is
 * given back when its call is over, so nothing may read of it then. Documented, but not in the types.
 */
function asIterable(body: Uint8Array): Uint8Array {
  return [body] satisfies Iterable<Uint8Array> as unknown as Uint8Array;
}

function createDispatcher(origin: string, options: UndiciUpstreamOptions, pools: Pool[]): Dispatcher {
  const { Pool, ProxyAgent } = loadUndici();
  const trust = options.ca === null ? {} : { ca: authoritiesWith(options.ca) };
  const settings: Pool.Options = {
    connections: options.maxSockets,
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    clientTtl: maxSocketAgeMs,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (options.proxy === null) {
    const pool = new Pool(origin, { ...settings, connect: { timeout: connectLimitMs, ...trust } });
    pools.push(pool);
    return pool;
  }
  return new ProxyAgent({
    ...settings,
    uri: options.proxy,
    requestTls: { timeout: connectLimitMs, ...trust },
    proxyTls: { timeout: connectLimitMs, ...trust },
    factory: (target: URL | string, given: object) => {
      const pool = new Pool(target, { ...settings, ...given });
      pools.push(pool);
      return pool;
    },
  });
}

function sumStats(pools: readonly Pool[]): ReturnType<UpstreamClient["stats"]> {
  let sockets = 0;
  let running = 0;
  let queued = 0;
  for (const { stats } of pools) {
    sockets += stats.connected;
    running += stats.running;
    queued += stats.pending;
  }
  return { sockets, running, queued, certificateExpiresAtMs: null };
}
