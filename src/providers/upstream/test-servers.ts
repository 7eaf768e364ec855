/** Servers that stand for a provider in the tests of upstream clients; all are closed after the tests. */
import { createServer as createHttpServer } from "node:http";
import type { RequestListener, Server as HttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { after } from "node:test";

const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

/** A server of raw TCP: what HTTP libraries refuse to send. */
export async function rawServer(onSocket: (socket: Socket) => void): Promise<string> {
  return listen(
    createServer((socket) => {
      socket.on("error", () => undefined);
      onSocket(socket);
    }),
  );
}

/** A raw server that reads one request's head, then acts. */
export function onRequest(act: (socket: Socket, request: string) => void): (socket: Socket) => void {
  return (socket) => {
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      const request = text;
      text = "";
      act(socket, request);
    });
  };
}

/** An HTTP server; answers its origin. */
export async function httpServer(listener: RequestListener): Promise<string> {
  return listen(createHttpServer(listener));
}

/** An address where nobody listens any more. */
export async function closedOrigin(): Promise<string> {
  const origin = await listen(createServer());
  await cleanups.pop()?.();
  return origin;
}

async function listen(server: Server | HttpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
