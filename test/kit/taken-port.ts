/** A port that somebody listens on until the test ends. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export async function takenPort(t: TestContext): Promise<number> {
  const server = createServer((_, response) => response.end("not a router")).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}
