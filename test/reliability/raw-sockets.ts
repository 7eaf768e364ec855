/** Servers and clients of bare sockets, for bytes that no HTTP library would send. */
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import type { CleansUp } from "../kit/temporary-folder.ts";

export interface RawServer {
  readonly port: number;
  readonly origin: string;
  /** Open connections. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections since the start. */
  connections(): number;
}

/** A server that calls `onRequest` once the head and the announced body of a request are here. */
export function startRawServer(
  t: CleansUp,
  onRequest: (socket: Socket, head: string) => void,
  { host = "127.0.0.1", port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      const end = text.indexOf("\r\n\r\n") + 4;
      if (end < 4) return;
      const head = text.slice(0, end);
      if (text.length < end + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)) return;
      text = "";
      onRequest(socket, head);
    });
  });
  t.after(
    () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const bound = server.address() as AddressInfo;
      resolve({ port: bound.port, origin: `http://${host}:${bound.port}`, sockets, connections: () => connections });
    });
  });
}

export interface RawClient {
  readonly socket: Socket;
  send(text: string | Buffer): void;
  /** What came so far. */
  received(): string;
  readonly closed: Promise<void>;
}

/** A connection to the router that is destroyed after the test. */
export async function openRawClient(t: CleansUp, port: number): Promise<RawClient> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  const pieces: Buffer[] = [];
  socket.on("data", (piece) => pieces.push(piece));
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.once("end", () => resolve());
  });
  t.after(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return {
    socket,
    send: (text) => void socket.write(text),
    received: () => Buffer.concat(pieces).toString("latin1"),
    closed,
  };
}

/** A whole request to `/v1/messages` as text. */
export function messagesRequest(body: unknown, headers = "", target = "/v1/messages"): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return `POST ${target} HTTP/1.1\r\nhost: localhost\r\n${headers}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
