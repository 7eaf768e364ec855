/** `ccr monitor`: Prometheus, Alertmanager and the exporters around the router of this state folder, until Ctrl-C. */
import { join } from "node:path";
import { reachableUrl } from "../../core/http/local-host.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { findInstance } from "../instance/find-instance.ts";
import { loadRunningSettings, tellWarnings } from "../instance/load-settings.ts";
import { startMonitoring } from "../instance/start-monitoring.ts";
import type { RunningMonitoring } from "../instance/start-monitoring.ts";
import { untilSignal } from "../process/until-signal.ts";

export async function run(context: CommandContext, options: ConfigArguments): Promise<number> {
  const instance = findInstance(stateFolder(context));
  const loaded = loadRunningSettings(context, options.config, ["server", "auth", "redis", "ledger", "alerting"]);
  tellWarnings(context, loaded);
  const { config } = loaded;
  if (instance === null && config.server.port === 0)
    throw new CliError("the router does not run, and `server.port: 0` says not where it will be", "`ccr start` first");
  // A router that does not run yet is where its configuration says.
  const url = reachableUrl(instance ?? config.server);
  const ended = untilSignal();
  const monitoring = await startMonitoring({
    config,
    router: { url, host: new URL(url).host },
    folder: join(stateFolder(context), "monitoring"),
    path: context.environment["PATH"] ?? "",
  });
  try {
    const { parts, missingPackages } = monitoring;
    const router = { url, running: instance !== null };
    if (options.json === true) context.output.json({ router, parts, missingPackages });
    else tell(context, router, monitoring);
    const accident = await Promise.race([ended, monitoring.ended]);
    if (accident !== undefined) throw new CliError(accident, "the others were ended too");
    return exitCodes.ok;
  } finally {
    await monitoring.close();
  }
}

function tell(
  { output, notes }: CommandContext,
  { url, running }: { readonly url: string; readonly running: boolean },
  { parts, missingPackages }: RunningMonitoring,
): void {
  output.line(`${output.style("green", "Monitoring runs")} around the router.`);
  output.table([
    ["router", running ? url : `${url} (does not run yet)`],
    ...parts.map(({ name, page }) => [name, page]),
  ]);
  if (missingPackages.length > 0) {
    notes.line(`${notes.style("yellow", "not installed")}: ${missingPackages.join(", ")}; their alerts are left out`);
  }
  output.line(output.style("dim", "`ccr alerts` shows what was told. Ctrl-C ends it all; what was measured stays."));
}
