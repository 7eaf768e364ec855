/** What the address that a server listens on means to those on its own machine, and to others. */

/** Whether only this machine reaches a server that listens there. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** The address by which this machine reaches a server that listens on `host`, be it on all of its addresses. */
export function reachableHost(host: string): string {
  return host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
}

/** `http://127.0.0.1:3456`: where this machine reaches a server that listens there. */
export function reachableUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  const reachable = reachableHost(host);
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
