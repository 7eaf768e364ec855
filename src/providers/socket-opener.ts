/** Opens connections to one origin: name look-up for each, TCP, and TLS where the origin wants it. */
import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";
import type { SecureContext } from "node:tls";
import { authoritiesWith } from "./upstream-authorities.ts";

/** An attempt to connect, or to agree on TLS, ends after this long even if every request that waited has given up. */
const connectLimitMs = 30_000;

/** TCP probes on quiet connections: a stream may say nothing for minutes, and a dead peer must be found. */
const probeAfterMs = 60_000;

/** Told once: ready to carry requests, or lost before that. */
export interface OpenListener {
  onOpen(): void;
  onFailure(error: Error): void;
}

/** Begins to open a connection. One that is destroyed before it is ready counts as lost. */
export type OpenSocket = (listener: OpenListener) => Socket;

/**
 * `ca`: a certificate authority (PEM) trusted besides the usual ones. `onCertificate`: told when the origin's certificate
 * ends (Unix milliseconds), at each full handshake.
 */
export function createSocketOpener(
  origin: URL,
  ca: string | null,
  onCertificate: (expiresAtMs: number) => void,
): OpenSocket {
  const open = origin.protocol === "https:" ? createTlsOpener(origin, ca, onCertificate) : createTcpOpener(origin);
  return (listener) => {
    const { socket, readyEvent } = open();
    watch(socket, readyEvent, listener);
    return socket;
  };
}

interface Opening {
  readonly socket: Socket;
  readonly readyEvent: "connect" | "secureConnect";
}

function createTcpOpener(origin: URL): () => Opening {
  const host = hostOf(origin);
  const port = origin.port === "" ? 80 : Number(origin.port);
  return () => ({ socket: connectTcp({ host, port, ...tcpSettings }), readyEvent: "connect" });
}

function createTlsOpener(origin: URL, ca: string | null, onCertificate: (expiresAtMs: number) => void): () => Opening {
  const host = hostOf(origin);
  const port = origin.port === "" ? 443 : Number(origin.port);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  // Made once and late: reading some 150 authorities takes milliseconds.
  let secureContext: SecureContext | null = null;
  let session: Buffer | null = null;
  return () => {
    secureContext ??= createSecureContext(ca === null ? {} : { ca: authoritiesWith(ca) });
    const resumed = session === null ? {} : { session };
    const socket = connectTls({
      host,
      port,
      secureContext,
      ALPNProtocols: ["http/1.1"],
      ...servername,
      ...resumed,
      ...tcpSettings,
    });
    socket.on("session", (fresh: Buffer) => {
      session = fresh;
    });
    socket.once("secureConnect", () => {
      const expiresAtMs = socket.isSessionReused() ? Number.NaN : Date.parse(socket.getPeerCertificate().valid_to);
      if (!Number.isNaN(expiresAtMs)) onCertificate(expiresAtMs);
    });
    // A ticket that the provider chokes on must not be offered again.
    socket.once("error", () => {
      session = null;
    });
    return { socket, readyEvent: "secureConnect" };
  };
}

const tcpSettings = { noDelay: true, keepAlive: true, keepAliveInitialDelay: probeAfterMs } as const;

function watch(socket: Socket, readyEvent: Opening["readyEvent"], listener: OpenListener): void {
  const lateError = Object.assign(new Error("no connection in time"), { code: "ETIMEDOUT" });
  const limit = setTimeout(() => socket.destroy(lateError), connectLimitMs).unref();
  let lastError: Error | null = null;
  const onError = (error: Error): void => {
    lastError = error;
  };
  const onClose = (): void => {
    clearTimeout(limit);
    listener.onFailure(lastError ?? Object.assign(new Error("closed"), { code: "ECONNRESET" }));
  };
  socket.on("error", onError);
  socket.once("close", onClose);
  socket.once(readyEvent, () => {
    clearTimeout(limit);
    socket.off("error", onError);
    socket.off("close", onClose);
    listener.onOpen();
  });
}

/** Without the brackets of an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}
