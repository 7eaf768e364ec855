/** A declared dashboard as the JSON that Grafana reads from a file. The same input makes the same bytes. */
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard, VariableName } from "../dashboard.ts";
import { chosenDatasource, toGrafanaPanel } from "./grafana-panels.ts";
import type { PanelSettings } from "./grafana-panels.ts";
import { dashboardUid } from "../../dashboard-names.ts";

/** On each of our dashboards: the links at its top find the others by it. */
const tag = "claude-code-router";

/** Dashboards that Grafana saves get numbers of their own; a provisioned file must not have one. */
export function renderDashboard(dashboard: Dashboard, settings: PanelSettings): string {
  const { name, title, description, variables, rows } = dashboard;
  const builder = new DashboardBuilder(title)
    .uid(dashboardUid(name))
    .description(description)
    .tags([tag])
    .timezone("browser")
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder("Claude Code Router")
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
    .withVariable(toVariable("job", "Job", "label_values(ccr_build_info, job)"))
    .withVariable(toVariable("instance", "Instance", 'label_values(ccr_build_info{job=~"$job"}, instance)'));
  for (const name of variables) builder.withVariable(extraVariables[name]());
  for (const annotation of annotations()) builder.annotation(annotation);
  let id = 0;
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id(++id));
    for (const panel of row.panels) builder.withPanel(toGrafanaPanel(panel, ++id, settings));
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`;
}

const extraVariables: Readonly<Record<VariableName, () => QueryVariableBuilder>> = {
  provider: () => toVariable("provider", "Provider", `label_values(ccr_provider_health_score{job=~"$job"}, provider)`),
  route: () => toVariable("route", "Route", `label_values(ccr_router_overhead_seconds_count{job=~"$job"}, route)`),
  user: () => toVariable("user", "User", `label_values(ccr_cost_total_usd{job=~"$job"}, user_id)`),
};

/** Several values or all of them. `.*`: all matches what comes later, too, and makes short queries. */
function toVariable(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(chosenDatasource)
    .query({ query, refId: `variable-${name}` })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ text: ["All"], value: ["$__all"] });
}

/** What explains a bend in a curve: alerts, starts and new configurations, as lines across all panels. */
function annotations(): AnnotationQueryBuilder[] {
  const lines = [
    ["Alerts", "red", 'ALERTS{alertstate="firing",severity=~"critical|warning"}', "{{alertname}}"],
    [
      "Starts",
      "blue",
      'changes(process_start_time_seconds{job=~"$job",instance=~"$instance"}[2m]) > 0',
      "{{instance}} started",
    ],
    [
      "Configuration",
      "purple",
      'changes(ccr_config_last_reload_timestamp_seconds{job=~"$job",instance=~"$instance"}[2m]) > 0',
      "{{instance}} has a new configuration",
    ],
  ] as const;
  return lines.map(([name, color, expr, text]) =>
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(chosenDatasource)
      .enable(true)
      .iconColor(color)
      .expr(expr)
      .titleFormat(text)
      .step("30s"),
  );
}
