/** `ccr ops build`: writes the files of Prometheus, Alertmanager and Grafana for this configuration. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { buildOpsFiles } from "../../alerting/build-ops-files.ts";
import { shippedDashboards } from "../../alerting/shipped-dashboards.ts";
import { writeOpsFiles } from "../../alerting/ops-folder.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { loadSettingsToCheck, tellWarnings } from "../instance/load-settings.ts";

export interface OpsBuildArguments extends ConfigArguments {
  readonly output: string;
}

export function build(context: CommandContext, options: OpsBuildArguments): number {
  const loaded = loadSettingsToCheck(context, options.config, ["alerting"]);
  tellWarnings(context, loaded);
  const folder = resolve(context.folder, options.output);
  requireNoFile(folder, options.output);
  const { alerting } = loaded.config;
  const files = [...buildOpsFiles({ alerting, timeScale: 1 }), ...shippedDashboards(alerting)];
  writeOpsFiles(folder, files);
  if (options.json === true) context.output.json({ folder, files: files.map(({ path }) => path) });
  else for (const { path } of files) context.output.line(`${options.output}/${path}`);
  return exitCodes.ok;
}

function requireNoFile(folder: string, given: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return;
  throw new CliError(
    `${given} is a file, and a folder is wanted`,
    "name a folder by `--output`; it is made where it is missing",
  );
}
