/** The dashboards as they come with the program, with runbooks where the settings say they are. */
import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { alertingSchema } from "../config/schema/alerting.ts";
import type { AlertingConfig } from "../config/schema.ts";
import { packageFolder } from "../core/files/own-files.ts";
import { allAlerts, runbookUrl as runbookUrlOf } from "./all-alerts.ts";
import type { OpsFile } from "./ops-file.ts";

const opsFolder = join(packageFolder, "ops");

/**
 * Everything below `ops/grafana`. Lines for thresholds and the distance of scrapes are those of the default settings: Grafana's
 * builders, which would make others, are no part of the package.
 */
export function shippedDashboards({ runbookUrl }: Pick<AlertingConfig, "runbookUrl">): readonly OpsFile[] {
  const { runbookUrl: shippedUrl } = alertingSchema.parse({});
  const toOwn = (text: string): string =>
    allAlerts.reduce(
      (changed, { name }) =>
        changed.replaceAll(JSON.stringify(runbookUrlOf(shippedUrl, name)), () =>
          JSON.stringify(runbookUrlOf(runbookUrl, name)),
        ),
      text,
    );
  return globSync("grafana/**/*.{json,yaml}", { cwd: opsFolder })
    .sort()
    .map((path) => ({ path: path.split(sep).join("/"), text: toOwn(readFileSync(join(opsFolder, path), "utf8")) }));
}
