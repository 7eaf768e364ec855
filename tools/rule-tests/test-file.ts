/** Scenarios as promtool's test file. */
import type { AlertDefinition } from "../../src/alerting/alert-definition.ts";
import { allAlerts } from "../../src/alerting/all-alerts.ts";
import { dashboardUrl } from "../../src/alerting/dashboard-names.ts";
import { toYaml } from "../../src/alerting/ops-yaml.ts";
import { series } from "./scenario.ts";
import type { LabelSet, Scenario, ScenarioSet } from "./scenario.ts";

/**
 * `ruleFiles` as seen from the test file; `groups`: the order in which the rules' groups are evaluated. `namesOf`: the
 * names under which an alert stands in the rules, all of them tested alike over the same samples.
 */
export function renderTestFile(
  { evaluateEvery, scenarios }: Pick<ScenarioSet, "evaluateEvery" | "scenarios">,
  ruleFiles: readonly string[],
  groups: readonly string[],
  namesOf: (alert: string) => readonly string[] = (alert) => [alert],
): string {
  return toYaml({
    rule_files: ruleFiles,
    evaluation_interval: evaluateEvery,
    group_eval_order: groups,
    tests: [...Map.groupBy(scenarios, ({ title }) => title).values()].map((told) => toTest(told, namesOf)),
  });
}

/** Scenarios of one title tell one story about several alerts: their series do not meet, so they run as one. */
function toTest(told: readonly Scenario[], namesOf: (alert: string) => readonly string[]): unknown {
  const { title, every = "1m" } = told[0]!;
  const texts = told.flatMap((scenario) => namesOf(scenario.alert).flatMap((name) => toTextTest(scenario, name)));
  return {
    name: `${told.map(({ alert }) => alert).join(", ")} ${title}`,
    interval: every,
    input_series: told.flatMap(({ series }) =>
      Object.entries(series).map(([name, values]) => ({ series: name, values })),
    ),
    promql_expr_test: told.flatMap((scenario) =>
      namesOf(scenario.alert).flatMap((name) => toExpressionTests(scenario, name)),
    ),
    ...(texts.length === 0 ? {} : { alert_rule_test: texts }),
  };
}

function toExpressionTests({ alert, checks }: Scenario, name: string): readonly unknown[] {
  const { severity, team } = definitionOf(alert);
  const toLabels = (labels: LabelSet): string =>
    series("ALERTS", { alertname: name, alertstate: "firing", severity, team, ...labels });
  return checks.map(({ at, firing }) => ({
    expr: `ALERTS{alertname="${name}", alertstate="firing"}`,
    eval_time: at,
    exp_samples: firing.map((labels) => ({ labels: toLabels(labels), value: 1 })),
  }));
}

function toTextTest({ alert, texts }: Scenario, name: string): readonly unknown[] {
  if (texts === undefined) return [];
  const { severity, team, dashboard } = definitionOf(alert);
  const annotations = {
    summary: texts.summary,
    description: texts.description,
    runbook_url: `http://localhost:3456/runbooks/${alert}`,
    dashboard_url: dashboardUrl("http://localhost:3000", dashboard),
  };
  const expected = { exp_labels: { severity, team, ...texts.labels }, exp_annotations: annotations };
  return [{ eval_time: texts.at, alertname: name, exp_alerts: [expected] }];
}

function definitionOf(alert: string): AlertDefinition {
  return allAlerts.find(({ name }) => name === alert)!;
}
