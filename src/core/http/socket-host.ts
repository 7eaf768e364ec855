/** The host of a URL, as sockets and look-ups want it. */

/** The host of `url`: an IPv6 address without its brackets. */
export function socketHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}
