/** Why a port cannot be listened on, for people: who has it, and what to do. */
import { reachableUrl } from "../../core/http/local-host.ts";
import { routerAt } from "../../playbooks/router-at.ts";
import { CliError } from "../output/exit-codes.ts";

/** The clear form of a failure to listen; null for any other error. */
export async function listenError(
  error: unknown,
  server: { readonly host: string; readonly port: number },
): Promise<CliError | null> {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const { host, port } = server;
  if (code === "EADDRINUSE") {
    const owner = await routerAt(reachableUrl(server));
    const who = owner === null ? "another program" : `another Claude Code Router (${owner})`;
    return new CliError(
      `port ${port} is taken by ${who}`,
      `choose another port: \`--port ${port === 65_535 ? port - 1 : port + 1}\`, or \`--port 0\` for any free one`,
    );
  }
  if (code === "EACCES") {
    return new CliError(`this user may not listen on port ${port}`, "choose a port from 1024 up: `--port 3456`");
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new CliError(
      `this machine has no address ${host}`,
      "set `server.host` or `--host` to one of its own, such as 127.0.0.1",
    );
  }
  return null;
}
