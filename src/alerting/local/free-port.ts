/** Ports for programs that cannot tell which one they took. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** `wanted` if nothing listens there on loopback; else any free one. Another process may still be quicker. */
export async function freePort(wanted = 0): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0;
}

function tryPort(port: number): Promise<number | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(null));
    server.listen(port, "127.0.0.1", () => {
      const { port: taken } = server.address() as AddressInfo;
      server.close(() => resolve(taken));
    });
  });
}
