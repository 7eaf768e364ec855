/**
 * Commands that bring a key along take the address that a configuration names only where it is one of this machine.
 *
 * A router listens at no other. But `ccr.yaml` and `.env` are looked for where a command is called, and in a folder with
 * somebody else's code they could name a server that waits for keys.
 */
import { hostname, networkInterfaces } from "node:os";
import type { LoadedConfig } from "../../config/load.ts";
import { isLoopbackHost, reachableHost } from "../../core/http/local-host.ts";
import { CliError } from "../output/exit-codes.ts";

/** Throws CliError for settings whose router would listen at an address that this machine has not. */
export function requireOwnHost({ config }: LoadedConfig): void {
  const { host } = config.server;
  if (isLoopbackHost(reachableHost(host)) || host === hostname() || hasAddress(host)) return;
  throw new CliError(
    `server.host: ${host} is no address of this machine, and gets no key`,
    "start the router here, or name another one with `--url`",
  );
}

function hasAddress(host: string): boolean {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.some((one) => one?.address === host.replace(/%.*$/, ""));
}
