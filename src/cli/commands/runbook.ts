/** `ccr runbook`: what an alert means and what to do, from the pages that came with the program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { allAlerts } from "../../alerting/all-alerts.ts";
import { nearestName } from "../../core/text/near-names.ts";
import { packageFolder } from "../../core/files/own-files.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";

const folder = join(packageFolder, "docs/runbooks");

export function run(
  { output }: CommandContext,
  name: string | undefined,
  { json }: { readonly json?: boolean },
): number {
  if (name === undefined) {
    const list = allAlerts.map((alert) => ({
      alert: alert.name,
      severity: alert.severity,
      summary: plain(alert.summary),
    }));
    if (json === true) output.json(list);
    else
      output.table(
        list.map(({ alert, severity, summary }) => [alert, severity, summary]),
        ["alert", "severity", "says"],
      );
    return exitCodes.ok;
  }
  const alert = allAlerts.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (alert === undefined) {
    const near = nearestName(
      name,
      allAlerts.map((one) => one.name),
    );
    const hint = near === null ? "" : `did you mean ${near}? `;
    throw new CliError(`there is no alert ${name}`, `${hint}\`ccr runbook\` lists them`);
  }
  const text = readFileSync(join(folder, `${alert.name}.md`), "utf8");
  if (json === true) output.json({ alert: alert.name, severity: alert.severity, runbook: text });
  else output.line(text.trimEnd());
  return exitCodes.ok;
}

/** A summary may name labels of the alert: `{{ $labels.provider }}` reads as `PROVIDER`. */
function plain(summary: string): string {
  return summary.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => label.toUpperCase());
}
