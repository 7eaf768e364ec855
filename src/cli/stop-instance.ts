/** Ends a router that runs, and waits until it has ended. */
import { setTimeout as wait } from "node:timers/promises";
import { isSameProcess } from "../core/process-identity.ts";
import type { CommandContext } from "./command-context.ts";
import { CliError } from "./exit-codes.ts";
import type { Instance } from "./find-instance.ts";

const pollMs = 50;
/** Who waits longer wants to know for what. */
const quietMs = 2_000;
/** The router itself ends its calls after `server.gracePeriodMs`; one that takes longer than any sensible setting is stuck. */
const patienceMs = 120_000;

/**
 * Asks the process to end, where nobody has: a second time would cut its calls. Waits until it has ended, which it says if it
 * takes a while. Throws CliError if it does not.
 */
export async function stopInstance({ notes }: CommandContext, { pid, identity, state }: Instance): Promise<void> {
  try {
    if (state !== "stopping") process.kill(pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
    throw new CliError(`process ${pid} cannot be stopped by this user`, `stop it as its owner: kill ${pid}`);
  }
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    if (!isSameProcess(pid, identity)) return;
    if (waitedMs === quietMs) notes.line(`ccr: running calls may finish; to end them now: kill ${pid}`);
    await wait(pollMs);
  }
  throw new CliError(`process ${pid} does not end`, `end it by force: kill -9 ${pid}`);
}
