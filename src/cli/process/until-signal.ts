/** Waiting for whoever wants this program to end. */

/** Resolves at Ctrl-C, at SIGTERM, and when the terminal closes. A second one ends the process at once, as always. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
    process.once("SIGHUP", () => resolve());
  });
}
