/** `ccr stop`: ends the router of this state folder; running calls finish first. */
import { setTimeout as wait } from "node:timers/promises";
import { stateFolder } from "../command-context.ts";
import type { CommandContext } from "../command-context.ts";
import { CliError, exitCodes } from "../exit-codes.ts";
import { findInstance, instanceUrl } from "../find-instance.ts";
import type { Instance } from "../find-instance.ts";
import { isSameProcess } from "../../core/process-identity.ts";

const pollMs = 50;
/** Who waits longer wants to know for what. */
const quietMs = 2_000;
/** The router itself ends its calls after `server.gracePeriodMs`; one that takes longer than any sensible setting is stuck. */
const patienceMs = 120_000;

export async function run(context: CommandContext, { json }: { readonly json?: boolean }): Promise<number> {
  const instance = findInstance(stateFolder(context));
  if (instance !== null) await stopInstance(context, instance);
  if (json === true) context.output.json({ stopped: instance !== null, pid: instance?.pid ?? null });
  else if (instance === null) context.output.line("not running: nothing to stop");
  else context.output.line(`stopped ${instanceUrl(instance)} (pid ${instance.pid})`);
  return exitCodes.ok;
}

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
