/** Alertmanager: who is told of what, how often, in which words, and what keeps what quiet. Syntax of 0.25 (Debian 12). */
import type { AlertingConfig, TeamName } from "../config/schema.ts";
import { teamNames } from "../config/schema/alerting.ts";
import type { Silencing } from "./alert-definition.ts";
import { allAlerts } from "./all-alerts.ts";
import type { OpsFile, OpsSettings } from "./ops-file.ts";
import { toYaml } from "./ops-yaml.ts";
import { createSpans } from "./spans.ts";
import type { Spans } from "./spans.ts";
import { messageTemplates } from "./message-templates.ts";

export function alertmanagerFiles({ alerting, timeScale }: OpsSettings): readonly OpsFile[] {
  return [
    { path: "alertmanager/alertmanager.yml", text: toYaml(alertmanagerConfig(alerting, createSpans(timeScale))) },
    { path: "alertmanager/templates/claude-code-router.tmpl", text: messageTemplates },
  ];
}

type Level = "critical" | "warning";

function alertmanagerConfig(alerting: AlertingConfig, span: Spans): unknown {
  const { slack, email } = alerting.receivers;
  return {
    global: {
      ...(slack.enabled ? { slack_api_url_file: slack.webhookUrlFile } : {}),
      ...(email.enabled ? smtpSettings(email) : {}),
    },
    templates: ["templates/*.tmpl"],
    route: route(alerting, span),
    receivers: receivers(alerting),
    inhibit_rules: inhibitRules(),
  };
}

function smtpSettings(email: AlertingConfig["receivers"]["email"]): Readonly<Record<string, unknown>> {
  return {
    smtp_smarthost: email.smarthost,
    smtp_from: email.from,
    smtp_require_tls: email.requireTls,
    ...(email.username === null
      ? {}
      : { smtp_auth_username: email.username, smtp_auth_password_file: email.passwordFile }),
  };
}

/** Teams with ways of their own come first; what is left goes to everybody's receiver of its severity. */
function route({ receivers }: AlertingConfig, span: Spans): unknown {
  const teams = teamNames.filter((team) => receivers.teams[team] !== undefined);
  const toLevel = (level: Level, timing: Readonly<Record<string, string>>): unknown => ({
    matchers: [`severity="${level}"`],
    receiver: receiverName(level, null),
    ...timing,
    ...(teams.length === 0
      ? {}
      : { routes: teams.map((team) => ({ matchers: [`team="${team}"`], receiver: receiverName(level, team) })) }),
  });
  return {
    receiver: "web.hook",
    group_by: ["alertname", "team"],
    group_wait: "10s",
    group_interval: span("5m"),
    repeat_interval: span("1h"),
    routes: [
      // Whoever waits for it must notice soon that it stopped coming.
      {
        matchers: [`alertname="Watchdog"`],
        receiver: "web.hook",
        group_wait: "0s",
        group_interval: span("1m"),
        repeat_interval: span("5m"),
      },
      toLevel("critical", { group_wait: "5s", repeat_interval: span("30m") }),
      toLevel("warning", { repeat_interval: span("2h") }),
    ],
  };
}

function receiverName(level: Level, team: TeamName | null): string {
  return team === null ? `${level}-alerts` : `${level}-alerts-${team}`;
}

function receivers({ receivers }: AlertingConfig): readonly unknown[] {
  const { webhook, slack, email, teams } = receivers;
  const webhookConfig = {
    url: webhook.url,
    send_resolved: true,
    ...(webhook.credentialsFile === null
      ? {}
      : { http_config: { authorization: { credentials_file: webhook.credentialsFile } } }),
  };
  const toReceiver = (level: Level, team: TeamName | null): unknown => {
    const own = team === null ? undefined : teams[team];
    const channel = own?.slackChannel ?? (level === "critical" ? slack.criticalChannel : slack.warningChannel);
    return {
      name: receiverName(level, team),
      webhook_configs: [webhookConfig],
      ...(slack.enabled ? { slack_configs: [slackMessage(channel)] } : {}),
      ...(email.enabled && level === "critical" ? { email_configs: [emailMessage(own?.emailTo ?? email.to)] } : {}),
    };
  };
  const audiences = [null, ...teamNames.filter((team) => teams[team] !== undefined)];
  return [
    { name: "web.hook", webhook_configs: [webhookConfig] },
    ...audiences.flatMap((team) => [toReceiver("critical", team), toReceiver("warning", team)]),
  ];
}

function slackMessage(channel: string): unknown {
  return {
    channel,
    send_resolved: true,
    color: '{{ template "ccr.color" . }}',
    title: '{{ template "ccr.title" . }}',
    title_link: '{{ template "ccr.link" . }}',
    text: '{{ template "ccr.text" . }}',
  };
}

function emailMessage(to: string): unknown {
  return {
    to,
    send_resolved: true,
    headers: { Subject: '{{ template "ccr.title" . }}' },
    text: '{{ template "ccr.text" . }}',
    html: '{{ template "ccr.html" . }}',
  };
}

/** One rule for each cause of alerts, as the definitions have them. */
function inhibitRules(): readonly unknown[] {
  const rules = new Map<string, { readonly silencing: Silencing; readonly targets: string[] }>();
  for (const { name, silenced = [] } of allAlerts) {
    for (const silencing of silenced) {
      const key = JSON.stringify(silencing);
      const rule = rules.get(key) ?? { silencing, targets: [] };
      rule.targets.push(name);
      rules.set(key, rule);
    }
  }
  return [...rules.values()].map(({ silencing: { by, equal, only }, targets }) => ({
    source_matchers: [alertMatcher([by])],
    target_matchers: [alertMatcher(targets), ...(only === undefined ? [] : [only])],
    ...(equal.length === 0 ? {} : { equal }),
  }));
}

function alertMatcher(names: readonly string[]): string {
  return names.length === 1 ? `alertname="${names[0]}"` : `alertname=~"${names.join("|")}"`;
}
