/** Ends a router that runs, and waits until it has ended. */
import { setTimeout as wait } from "node:timers/promises";
import { isPaused, isSameProcess } from "../../core/process-identity.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError } from "../output/exit-codes.ts";
import { readInstance } from "./find-instance.ts";
import type { Instance } from "./find-instance.ts";

const pollMs = 50;
/** Who waits longer wants to know for what. */
const quietMs = 2_000;
/** When its calls are over a router writes what waits, and closes its stores. */
const closingMs = 15_000;
/** A router that takes this much longer than its calls may (`server.gracePeriodMs`, which it tells as it stops) is stuck. */
const patienceMs = 120_000;

/**
 * Asks the process to end, where nobody has: a second time would cut its calls. Waits until it has ended, which it says if it
 * takes a while. Throws CliError if it does not.
 */
export async function stopInstance(context: CommandContext, { pid, identity, state }: Instance): Promise<void> {
  try {
    if (state !== "stopping") process.kill(pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
    throw new CliError(`process ${pid} cannot be stopped by this user`, `stop it as its owner: kill ${pid}`);
  }
  const folder = stateFolder(context);
  const askedAtMs = Date.now();
  const lateAtMs = (): number => Math.max(askedAtMs, readInstance(folder)?.callsEndAtMs ?? 0) + patienceMs;
  let told = "";
  for (let waitedMs = 0; Date.now() < lateAtMs(); waitedMs += pollMs) {
    if (!isSameProcess(pid, identity)) return;
    const instance = waitedMs < quietMs ? null : readInstance(folder); // it goes a moment before the process does
    const note = instance === null ? told : awaited(pid, instance);
    if (note !== told) context.notes.line(`ccr: ${note}`);
    told = note;
    await wait(pollMs);
  }
  throw new CliError(`process ${pid} does not end`, `end it by force: kill -9 ${pid}`);
}

/** A router tells that it stops as soon as it hears so. A second signal of the same kind would only wait beside the first. */
function awaited(pid: number, { state, callsEndAtMs = Number.POSITIVE_INFINITY }: Instance): string {
  if (state === "stopping" && isPaused(pid))
    return `process ${pid} had begun to stop, and is paused; ${ways(pid, "to let it go on")}`;
  if (state !== "stopping") return `process ${pid} has not heard it yet, being paused or busy; ${ways(pid)}`;
  if (Date.now() > callsEndAtMs + closingMs)
    return `process ${pid} has cut its calls by now, and is paused or stuck; ${ways(pid)}`;
  return `running calls may finish; to end them now: kill ${pid}`;
}

function ways(pid: number, when = "if it is paused"): string {
  return `${when}: kill -CONT ${pid}; to end it and its calls by force: kill -9 ${pid}`;
}
