/** `ccr stop`: ends the router of this state folder; running calls finish first. */
import { reachableUrl } from "../../core/http/local-host.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { exitCodes } from "../output/exit-codes.ts";
import { findInstance } from "../instance/find-instance.ts";
import { stopInstance } from "../instance/stop-instance.ts";

export async function run(context: CommandContext, { json }: { readonly json?: boolean }): Promise<number> {
  const instance = findInstance(stateFolder(context));
  if (instance !== null) await stopInstance(context, instance);
  if (json === true) context.output.json({ stopped: instance !== null, pid: instance?.pid ?? null });
  else if (instance === null) context.output.line("not running: nothing to stop");
  else context.output.line(`stopped ${reachableUrl(instance)} (pid ${instance.pid})`);
  return exitCodes.ok;
}
