/** Providers that send bytes as they are told, over bare sockets: nothing between the fuzzer and the router is polite. */
import net from "node:net";
import type { AnswerCase } from "./answer-cases.ts";

export interface RawProvider {
  readonly port: number;
  /** Requests that came whole. */
  requests(): number;
  openSockets(): number;
  close(): Promise<void>;
}

/** Asks `answerFor` what to send to each request, whose head and body are given as text. */
export function startRawProvider(answerFor: (head: string, body: string) => AnswerCase): Promise<RawProvider> {
  const sockets = new Set<net.Socket>();
  let requests = 0;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (data: Buffer) => {
      pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
      const request = takeRequest(pending);
      if (request === null) return;
      pending = pending.subarray(request.end);
      requests++;
      send(socket, answerFor(request.head, request.body));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({
        port: (server.address() as net.AddressInfo).port,
        requests: () => requests,
        openSockets: () => sockets.size,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
}

/** The first whole request in `bytes`. The router's requests have a Content-Length. */
function takeRequest(bytes: Buffer): { head: string; body: string; end: number } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const head = bytes.toString("latin1", 0, headEnd);
  const end = headEnd + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return bytes.length < end ? null : { head, body: bytes.toString("utf8", headEnd + 4, end), end };
}

function send(socket: net.Socket, { pieces, afterwards }: AnswerCase): void {
  const writeFrom = (index: number): void => {
    if (socket.destroyed) return;
    const piece = pieces[index];
    if (piece !== undefined) socket.write(piece, () => setImmediate(writeFrom, index + 1));
    else if (afterwards === "end") socket.end();
    else if (afterwards === "reset") socket.resetAndDestroy();
  };
  writeFrom(0);
}
