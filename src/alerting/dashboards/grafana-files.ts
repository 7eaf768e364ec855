/** Everything under `ops/grafana`: dashboards and the files that make Grafana read them. */
import { dashboards } from "./dashboards.ts";
import { renderDashboard } from "./grafana-dashboard.ts";
import { provisioningFiles } from "./provisioning.ts";

/** Contents by path under `ops/`. */
export function renderGrafanaFiles(): ReadonlyMap<string, string> {
  const files = new Map(dashboards.map((one) => [`grafana/dashboards/${one.uid}.json`, renderDashboard(one)]));
  for (const [path, text] of Object.entries(provisioningFiles)) files.set(`grafana/provisioning/${path}`, text);
  return files;
}
