/**
 * SIGHUP asks a router to read its configuration again, and ends a process that does not listen for it yet. A start on a busy
 * machine takes seconds, and `systemctl reload` does not wait for it: one that comes meanwhile is kept for later.
 */
let hasCome = false;
const note = (): void => void (hasCome = true);

/** Whether the command line makes this very process a router. */
export function startsHere(args: readonly string[]): boolean {
  return args[0] === "start" && (args.includes("--foreground") || args.includes("-f"));
}

/** From now on. Again is no harm: where nobody listened for a moment, one that is on its way would be lost. */
export function holdHangups(): void {
  if (!process.listeners("SIGHUP").includes(note)) process.on("SIGHUP", note);
}

/** Who calls this listens by itself, and does what one asks that has come. */
export function releaseHangups(): { readonly isToReload: boolean } {
  process.off("SIGHUP", note);
  return { isToReload: hasCome };
}
