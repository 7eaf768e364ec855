/** Opens connections to one origin: name look-up for each, TCP, and TLS where the origin wants it. */
import { connect as connectTcp, isIP } from "node:net";
import type { OnReadOpts, Socket } from "node:net";
import type { ConnectionOptions, SecureContext } from "node:tls";
import { sharedReadBuffer, takeRead } from "../../../core/http/shared-read-buffer.ts";
import { socketHost } from "../../../core/http/socket-host.ts";
import { authoritiesWith } from "../upstream-authorities.ts";

/** An attempt to connect, or to agree on TLS, ends after this long even if every request that waited has given up. */
const connectLimitMs = 30_000;

/** TCP probes on quiet connections: a stream may say nothing for minutes, and a dead peer must be found. */
const probeAfterMs = 60_000;

/** Told once: ready to carry requests, or lost before that. */
export interface OpenListener {
  onOpen(): void;
  onFailure(error: Error): void;
}

/** A socket that is being opened, and who takes what it reads: set by whoever uses it, once it is open. */
export interface OpeningSocket {
  readonly socket: Socket;
  onRead: (bytes: Buffer) => void;
}

/** Begins to open a connection. One that is destroyed before it is ready counts as lost. */
export type OpenSocket = (listener: OpenListener) => OpeningSocket;

/**
 * `ca`: a certificate authority (PEM) trusted besides the usual ones. `onCertificate`: told when the origin's certificate
 * ends (Unix milliseconds), at each full handshake.
 */
export function createSocketOpener(
  origin: URL,
  ca: string | null,
  onCertificate: (expiresAtMs: number) => void,
): OpenSocket {
  const isTls = origin.protocol === "https:";
  const connect = isTls ? createTlsConnect(origin, ca, onCertificate) : createTcpConnect(origin);
  return (listener) => {
    const socket = connect({ buffer: sharedReadBuffer, callback: (length) => take(opening, length) });
    const opening: OpeningSocket = { socket, onRead: () => socket.destroy(earlyError()) };
    watch(socket, isTls ? "secureConnect" : "connect", listener);
    return opening;
  };
}

function take(opening: OpeningSocket, length: number): boolean {
  opening.onRead(takeRead(length));
  return true;
}

function earlyError(): Error {
  return Object.assign(new Error("bytes before any request"), { code: "ECONNRESET" });
}

type Connect = (onread: OnReadOpts) => Socket;

function createTcpConnect(origin: URL): Connect {
  const host = socketHost(origin);
  const port = origin.port === "" ? 80 : Number(origin.port);
  return (onread) => connectTcp({ host, port, onread, ...tcpSettings });
}

function createTlsConnect(origin: URL, ca: string | null, onCertificate: (expiresAtMs: number) => void): Connect {
  const host = socketHost(origin);
  const port = origin.port === "" ? 443 : Number(origin.port);
  // Fetched for the first provider that wants it (upstream-authorities.ts).
  const { connect: connectTls, createSecureContext } = process.getBuiltinModule("node:tls");
  const servername = isIP(host) === 0 ? { servername: host } : {};
  // Made once and late: reading some 150 authorities takes milliseconds.
  let secureContext: SecureContext | null = null;
  let session: Buffer | null = null;
  return (onread) => {
    secureContext ??= createSecureContext(ca === null ? {} : { ca: authoritiesWith(ca) });
    const resumed = session === null ? {} : { session };
    // Documented, but not in the types.
    const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
      host,
      port,
      secureContext,
      onread,
      ALPNProtocols: ["http/1.1"],
      ...servername,
      ...resumed,
      ...tcpSettings,
    };
    const socket = connectTls(options);
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
    return socket;
  };
}

const tcpSettings = { noDelay: true, keepAlive: true, keepAliveInitialDelay: probeAfterMs } as const;

function watch(socket: Socket, readyEvent: "connect" | "secureConnect", listener: OpenListener): void {
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
