/** Whether the port can be had, and who has it. */
import { createServer } from "node:net";
import { reachableUrl } from "../../core/http/local-host.ts";
import { routerAt } from "../router-at.ts";
import type { PortState } from "./preflight-figures.ts";

/** Listens there for a moment. Never rejects. */
export async function probePort(host: string, port: number): Promise<PortState> {
  const code = await tryToListen(host, port);
  if (code === null && port === 0) return { host, port, kind: "any", reason: "" };
  if (code === null) return { host, port, kind: "free", reason: "" };
  if (code !== "EADDRINUSE") return { host, port, kind: "forbidden", reason: `cannot be listened on (${code})` };
  const owner = await routerAt(reachableUrl({ host, port }));
  if (owner === null) return { host, port, kind: "taken", reason: "another program has it" };
  return { host, port, kind: "ours", reason: `a router runs there (${owner}); it makes room when it is replaced` };
}

function tryToListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}
