/** The dashboards, by their uid in Grafana: alerts link to them, and src/alerting/dashboards builds them. */
export const dashboardNames = ["operations", "providers", "costs", "cache", "latency", "slos", "instance"] as const;

export type DashboardName = (typeof dashboardNames)[number];

/** The uid stands in links, so it never changes. */
export function dashboardUid(name: DashboardName): string {
  return `ccr-${name}`;
}

export function dashboardUrl(grafanaUrl: string, name: DashboardName): string {
  return `${grafanaUrl.replace(/\/+$/, "")}/d/${dashboardUid(name)}`;
}
