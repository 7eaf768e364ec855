/** A way to a server that can be made slow, cut, and led to another server. */
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import type { CleansUp } from "./temporary-folder.ts";

export interface SlowProxy {
  readonly port: number;
  /** Each piece of an answer comes so much later. */
  delay(ms: number): void;
  /** Later connections go there. */
  leadTo(port: number): void;
}

export async function startSlowProxy(t: CleansUp, port: number): Promise<SlowProxy> {
  const way = { port, delayMs: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(way.port, "127.0.0.1");
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    inner.on("data", (chunk) => void outer.write(chunk)).on("close", () => outer.destroy());
    outer.on("data", (chunk) => void setTimeout(() => inner.writable && inner.write(chunk), way.delayMs));
    outer.on("close", () => inner.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    delay: (ms) => void (way.delayMs = ms),
    leadTo: (other) => void (way.port = other),
  };
}
