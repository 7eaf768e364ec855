import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { metricCatalog } from "../../../monitoring/catalog/metric-catalog.ts";
import { panelQueries, parseDashboard } from "../../../../test/ops/grafana-queries.ts";
import type { GrafanaPanel } from "../../../../test/ops/grafana-queries.ts";
import { configSchema } from "../../../config/schema.ts";
import { allAlerts } from "../../all-alerts.ts";
import { dashboardNames, dashboardUid } from "../../dashboard-names.ts";
import { grafanaFiles } from "./grafana-files.ts";
import { offDashboardMetrics } from "../off-dashboard-metrics.ts";

const { alerting } = configSchema.parse({});
const files = grafanaFiles(alerting);
const dashboards = files.flatMap(({ path, text }) => (path.endsWith(".json") ? [parseDashboard(text)] : []));

function panelsOf(kind: "row" | "panel"): readonly (readonly [string, GrafanaPanel])[] {
  return dashboards.flatMap(({ uid, panels }) =>
    panels.filter(({ type }) => (type === "row") === (kind === "row")).map((panel) => [uid, panel] as const),
  );
}

test("the same dashboards make the same bytes", () => {
  assert.deepEqual(grafanaFiles(alerting), files);
});

test("the operations guide's dashboard keeps its title", () => {
  const guide = dashboards.find(({ uid }) => uid === "ccr-operations");
  assert.equal(guide?.title, "Claude Code Router - Operations Dashboard");
});

test("each dashboard is what Grafana reads from a file: no wrapper, no id, a uid and a title of its own", () => {
  const uids = dashboards.map(({ uid }) => uid);
  assert.deepEqual(uids, dashboardNames.map(dashboardUid));
  assert.equal(new Set(dashboards.map(({ title }) => title)).size, uids.length);
  for (const dashboard of dashboards) {
    assert.match(dashboard.uid, /^ccr-[a-z-]{1,36}$/);
    assert.ok(!("id" in dashboard) && !("dashboard" in dashboard));
  }
});

test("each panel has a kind that Grafana still has, a description, a unit, its data source and a number of its own", () => {
  const kinds = new Set(["timeseries", "stat", "table", "heatmap", "bargauge", "state-timeline"]);
  for (const [uid, panel] of panelsOf("panel")) {
    const name = `${uid}, ${panel.title}`;
    assert.ok(kinds.has(panel.type), `${name}: ${panel.type}`);
    assert.ok((panel.description ?? "").length > 20 && panel.description!.endsWith("."), name);
    assert.notEqual(panel.fieldConfig?.defaults.unit ?? "", "", name);
    assert.equal(panel.datasource?.uid, "${datasource}", name);
    assert.ok((panel.targets ?? []).length > 0, name);
  }
  for (const { uid, panels } of dashboards) {
    const ids = panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, uid);
    assert.equal(new Set(panels.map(({ title }) => title)).size, ids.length, `${uid}: two panels of one title`);
  }
});

test("panels lie side by side, never over each other, within the 24 columns", () => {
  for (const { uid, panels } of dashboards) {
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, `${uid}, ${title}`);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(!taken.has(`${x} ${y}`), `${uid}, ${title} lies over another`);
          taken.add(`${x} ${y}`);
        }
      }
    }
  }
});

test("rates use $__rate_interval, or a window that the panel's words name", () => {
  const words: Readonly<Record<string, RegExp>> = {
    "5m": /five minutes/,
    "10m": /ten minutes/,
    "1h": /hour/,
    "1d": /24 hours/,
  };
  for (const [uid, panel] of panelsOf("panel")) {
    for (const { expr } of panel.targets ?? []) {
      for (const [, window] of expr.matchAll(/\[([^\]]+)\]/g)) {
        const isSaid = words[window!]?.test(`${panel.title} ${panel.description}`) === true;
        assert.ok(window === "$__rate_interval" || isSaid, `${uid}, ${panel.title}: [${window}]`);
      }
    }
  }
});

test("every metric of the router is on a panel, or is listed with the reason why not", () => {
  const shown = dashboards.flatMap(panelQueries).map(({ expr }) => expr);
  const isShown = (name: string): boolean =>
    shown.some((expr) => new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`).test(expr));
  const missing = metricCatalog.map(({ name }) => name).filter((name) => !isShown(name));
  const mend =
    "+: give it a panel in src/alerting/dashboards/ or its reason in off-dashboard-metrics.ts; -: it has a panel";
  assert.deepEqual(missing, Object.keys(offDashboardMetrics), mend);
});

test("provisioning names the data sources by the uids that nothing else changes, and tells Grafana how far scrapes lie apart", () => {
  const file = files.find(({ path }) => path === "grafana/provisioning/datasources/prometheus.yaml");
  const { datasources } = parse(file!.text) as {
    datasources: { uid: string; isDefault?: boolean; jsonData: { timeInterval?: string } }[];
  };
  assert.deepEqual(
    datasources.map(({ uid }) => uid),
    ["ccr-prometheus", "ccr-alertmanager"],
  );
  assert.equal(datasources[0]?.isDefault, true);
  assert.match(datasources[0]?.jsonData.timeInterval ?? "", /^\d+ms$/);
});

test("every alert's runbook is linked from a panel of the dashboard that the alert names, and no other runbook is", () => {
  const linked = new Set(
    panelsOf("panel").flatMap(([uid, { links = [] }]) => links.map(({ title, url }) => `${uid} ${title} ${url}`)),
  );
  const address = (name: string): string => alerting.runbookUrl.replace("{alert}", name);
  const named = allAlerts.map(({ name, dashboard }) => `${dashboardUid(dashboard)} Runbook: ${name} ${address(name)}`);
  assert.deepEqual(
    named.filter((link) => !linked.has(link)),
    [],
    "name the alert in `alerts` of a panel of its dashboard, in src/alerting/dashboards/",
  );
  const known = new Set(allAlerts.map(({ name }) => `Runbook: ${name} ${address(name)}`));
  assert.deepEqual(
    [...linked].filter((link) => !known.has(link.slice(link.indexOf(" ") + 1))),
    [],
  );
});
