/** A server with a client on a plain socket, who sees each byte. */
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";
import type { Exchange } from "../gateway/request/exchange.ts";
import { ClientServer } from "./client-server.ts";

export const get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

export const hello = "POST /hello HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello";

interface Client {
  readonly socket: Socket;
  send(text: string): void;
  received(): string;
  /** Resolves as soon as what came fulfils `condition`, or everything has come. */
  until(condition: (text: string) => boolean): Promise<string>;
  readonly closed: Promise<string>;
}

/** Starts a server whose calls `handle` serves, and opens clients of it. */
export async function startServer(
  t: TestContext,
  handle: (exchange: Exchange) => void,
  limits: Partial<Record<"headersTimeoutMs" | "requestTimeoutMs" | "keepAliveMs", number>> = {},
): Promise<{ server: ClientServer; open: () => Promise<Client> }> {
  const server = new ClientServer({
    headersTimeoutMs: 5_000,
    requestTimeoutMs: 5_000,
    keepAliveMs: 5_000,
    ...limits,
    handle,
    refuse: (refusal) => ({ status: refusal === "timeout" ? 408 : 400, headers: ["x-why", refusal], body: refusal }),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, open: () => openClient(t, (server.address() as AddressInfo).port) };
}

async function openClient(t: TestContext, port: number): Promise<Client> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  let isOver = false;
  let wake = (): void => undefined;
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
    wake();
  });
  socket.on("error", () => undefined);
  const closed = new Promise<string>((resolve) => {
    const over = (): void => {
      isOver = true;
      wake();
      resolve(text);
    };
    socket.once("end", over);
    socket.once("close", over);
  });
  t.after(() => void socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  return {
    socket,
    send: (bytes) => void socket.write(bytes, "latin1"),
    received: () => text,
    closed,
    async until(condition) {
      const isDone = (): boolean => isOver || condition(text);
      while (!isDone()) await new Promise<void>((resolve) => (wake = resolve));
      return text;
    },
  };
}

/** Collects the body and answers with it. */
export function echo(exchange: Exchange): void {
  const pieces: Buffer[] = [];
  exchange.receive({
    onData: (piece) => pieces.push(piece),
    onEnd: () => exchange.respond(200, ["x-path", exchange.path], Buffer.concat(pieces)),
    onGone: () => undefined,
  });
}

export async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
