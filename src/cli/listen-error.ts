/** Why a port cannot be listened on, for people: who has it, and what to do. */
import { CliError } from "./exit-codes.ts";
import { instanceUrl } from "./find-instance.ts";

const probeTimeoutMs = 1000;

/** The clear form of a failure to listen; null for any other error. */
export async function listenError(
  error: unknown,
  server: { readonly host: string; readonly port: number },
): Promise<CliError | null> {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const { host, port } = server;
  if (code === "EADDRINUSE") {
    const owner = await routerAt(instanceUrl(server));
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

/** What a router at `url` says of itself; null if none answers there. */
async function routerAt(url: string): Promise<string | null> {
  try {
    const answer = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(probeTimeoutMs) });
    const about = (await answer.json()) as { program?: unknown; pid?: unknown; version?: unknown };
    if (about.program !== "claude-code-router") return null;
    return `pid ${String(about.pid)}, version ${String(about.version)}`;
  } catch {
    return null;
  }
}
