/**
 * The port of a router with workers. Their parent binds it and accepts nothing: each worker listens with a copy, and while
 * none lives connections wait for the next one. They would be refused, or get lost in a parent that accepts.
 */
import { lookup } from "node:dns/promises";
import * as net from "node:net";
import { getSystemErrorName } from "node:util";

/** A bound socket below Node's servers: another process's server takes it by `listen`. */
export interface BoundPort {
  close(): void;
}

interface NodeHandle extends BoundPort {
  /** 0, or the number of the system's error, also of a bind that came to nothing. */
  getsockname(into: object): number;
}

/** Node's own way to bind for `node:cluster`. Its documentation does not name it; all versions since 0.10 have it. */
interface NodeBinding {
  readonly _createServerHandle: (address: string, port: number, family: number) => NodeHandle | number;
}

/** Rejects with the system's error (`EADDRINUSE`, `EACCES`), as `listen` does; a port in use may be told by the first to listen. */
export async function bindPort({ host, port }: { readonly host: string; readonly port: number }): Promise<BoundPort> {
  const { address, family } = await lookup(host);
  const bound = (net as unknown as NodeBinding)._createServerHandle(address, port, family);
  if (typeof bound === "number") throw systemError(bound, host, port);
  const failure = bound.getsockname({});
  if (failure === 0) return bound;
  bound.close();
  throw systemError(failure, host, port);
}

function systemError(number: number, host: string, port: number): Error {
  const code = getSystemErrorName(number);
  return Object.assign(new Error(`bind ${code} ${host}:${port}`), { code });
}
