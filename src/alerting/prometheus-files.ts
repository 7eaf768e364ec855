/** Prometheus: what it scrapes, what it computes, when it alerts. */
import type { AlertingConfig } from "../config/schema.ts";
import type { AlertDefinition, RuleContext } from "./alert-definition.ts";
import { groupsFor, runbookUrl } from "./all-alerts.ts";
import { dashboardUrl } from "./dashboard-names.ts";
import { toYaml } from "./ops-yaml.ts";
import type { OpsFile, OpsSettings } from "./ops-file.ts";
import { recordingGroups } from "./recording-rules.ts";
import type { RecordingGroup } from "./recording-rules.ts";
import { createSpans, formatSpan } from "./spans.ts";
import type { Spans } from "./spans.ts";

export function prometheusFiles(settings: OpsSettings): readonly OpsFile[] {
  const context = ruleContext(settings);
  return [
    { path: "prometheus/prometheus.yml", text: toYaml(prometheusConfig(settings.alerting, context.span)) },
    {
      path: "prometheus/recording_rules.yml",
      text: toYaml({ groups: recordingGroups(context).map(toRecordingGroup) }),
    },
    { path: "prometheus/alert_rules.yml", text: toYaml({ groups: alertRuleGroups(settings.alerting, context) }) },
  ];
}

function ruleContext({ alerting, timeScale }: OpsSettings): RuleContext {
  return { limits: alerting.thresholds, levels: alerting.serviceLevels, span: createSpans(timeScale) };
}

function prometheusConfig({ targets, scrapeEveryMs, evaluateEveryMs }: AlertingConfig, span: Spans): unknown {
  const jobs = [
    { job: "claude-code-router", targets: targets.router, everyMs: scrapeEveryMs },
    { job: "node-exporter", targets: targets.nodeExporter },
    { job: "redis", targets: targets.redisExporter },
  ];
  const used = jobs.filter((job) => job.targets.length > 0);
  return {
    global: { scrape_interval: span("15s"), evaluation_interval: milliseconds(evaluateEveryMs) },
    rule_files: ["recording_rules.yml", "alert_rules.yml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: targets.alertmanager }] }] },
    scrape_configs: used.map(({ job, targets, everyMs }) => ({
      job_name: job,
      metrics_path: "/metrics",
      ...(everyMs === undefined
        ? {}
        : { scrape_interval: milliseconds(everyMs), scrape_timeout: milliseconds(Math.min(everyMs, 10_000)) }),
      static_configs: [{ targets }],
    })),
  };
}

function milliseconds(ms: number): string {
  return ms % 1000 === 0 ? formatSpan(ms / 1000) : `${ms}ms`;
}

function toRecordingGroup({ name, interval, rules }: RecordingGroup): unknown {
  return {
    name,
    ...(interval === undefined ? {} : { interval }),
    rules: rules.map(({ record, expr, labels }) => ({ record, expr, labels })),
  };
}

function alertRuleGroups(alerting: AlertingConfig, context: RuleContext): readonly unknown[] {
  return groupsFor(alerting.targets).map(({ name, alerts }) => ({
    name,
    rules: alerts.flatMap((alert) => toAlertRules(alert, alerting, context)),
  }));
}

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The condition of an alert under these settings, as the docs show it. */
export function conditionOf(alert: AlertDefinition, alerting: AlertingConfig): string {
  return alert.expr(ruleContext({ alerting, timeScale: 1 }));
}

/** One alert as the rules file has it: a rule, or several of one name. */
function toAlertRules(alert: AlertDefinition, alerting: AlertingConfig, context: RuleContext): readonly AlertRule[] {
  const { name, severity, team, dashboard, summary } = alert;
  const variants = alert.variants ?? [{ labels: {}, expr: alert.expr, description: alert.description }];
  return variants.map(({ labels, expr, description }) => ({
    alert: name,
    expr: expr(context),
    ...(alert.for === "0m" ? {} : { for: context.span(alert.for) }),
    labels: { severity, team, ...labels },
    annotations: {
      summary,
      description,
      runbook_url: runbookUrl(alerting.runbookUrl, name),
      dashboard_url: dashboardUrl(alerting.grafanaUrl, dashboard),
    },
  }));
}
