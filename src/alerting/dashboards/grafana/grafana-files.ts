/** Everything under `ops/grafana`: dashboards and the files that make Grafana read them. */
import type { AlertingConfig } from "../../../config/schema.ts";
import { dashboardUid } from "../../dashboard-names.ts";
import type { OpsFile } from "../../ops-file.ts";
import { dashboards } from "../dashboards.ts";
import { renderDashboard } from "./grafana-dashboard.ts";
import { provisioningFiles } from "./provisioning.ts";

/** Made where the project is built, not where it runs: Grafana's builders are no part of the package, their work is. */
export function grafanaFiles(alerting: AlertingConfig): readonly OpsFile[] {
  const files = dashboards.map((one) => ({
    path: `grafana/dashboards/${dashboardUid(one.name)}.json`,
    text: renderDashboard(one, alerting),
  }));
  return [...files, ...provisioningFiles(alerting)];
}
