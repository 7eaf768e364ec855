/** `ccr stop`: ends the router of this state folder; running calls finish first. */
import { reachableUrl } from "../../core/local-host.ts";
import { stateFolder } from "../command-context.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findInstance } from "../find-instance.ts";
import { stopInstance } from "../stop-instance.ts";

export async function run(context: CommandContext, { json }: { readonly json?: boolean }): Promise<number> {
  const instance = findInstance(stateFolder(context));
  if (instance !== null) await stopInstance(context, instance);
  if (json === true) context.output.json({ stopped: instance !== null, pid: instance?.pid ?? null });
  else if (instance === null) context.output.line("not running: nothing to stop");
  else context.output.line(`stopped ${reachableUrl(instance)} (pid ${instance.pid})`);
  return exitCodes.ok;
}
