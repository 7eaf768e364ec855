/** All alerts, in the order of the rules file, and the list of them that runbooks, dashboards and docs are made by. */
import type { AlertingConfig, TeamName } from "../config/schema.ts";
import type { Severity } from "../core/alert-severity.ts";
import type { AlertDefinition, AlertGroup } from "./alert-definition.ts";
import { callAlerts } from "./alerts/calls.ts";
import { machineAlerts } from "./alerts/machine.ts";
import { moneyAlerts } from "./alerts/money.ts";
import { processAlerts } from "./alerts/process.ts";
import { providerAlerts } from "./alerts/providers.ts";
import { redisAlerts } from "./alerts/redis.ts";
import { serviceLevelAlerts } from "./alerts/service-levels.ts";
import { serviceAlerts } from "./alerts/service.ts";
import { storeAlerts } from "./alerts/stores.ts";
import { dashboardUrl } from "./dashboard-names.ts";
import type { DashboardName } from "./dashboard-names.ts";

export const alertGroups: readonly AlertGroup[] = [
  serviceAlerts,
  callAlerts,
  serviceLevelAlerts,
  providerAlerts,
  moneyAlerts,
  processAlerts,
  storeAlerts,
  redisAlerts,
  machineAlerts,
];

export const allAlerts: readonly AlertDefinition[] = alertGroups.flatMap(({ alerts }) => alerts);

/** The groups whose exporters are there. */
export function groupsFor(targets: AlertingConfig["targets"]): readonly AlertGroup[] {
  return alertGroups.filter(({ needs }) => needs === undefined || targets[needs].length > 0);
}

/** One alert as whoever is woken by it needs it. */
export interface RunbookEntry {
  readonly alert: string;
  readonly severity: Severity;
  readonly team: TeamName;
  readonly summary: string;
  readonly runbookUrl: string;
  readonly dashboard: DashboardName;
  readonly dashboardUrl: string;
}

/** Every alert there is, whatever exporters are configured. Its runbook stands in docs/runbooks/<alert>.md. */
export function runbookIndex(config: Pick<AlertingConfig, "runbookUrl" | "grafanaUrl">): readonly RunbookEntry[] {
  return allAlerts.map(({ name, severity, team, summary, dashboard }) => ({
    alert: name,
    severity,
    team,
    summary,
    runbookUrl: runbookUrl(config.runbookUrl, name),
    dashboard,
    dashboardUrl: dashboardUrl(config.grafanaUrl, dashboard),
  }));
}

export function runbookUrl(pattern: string, alert: string): string {
  return pattern.replaceAll("{alert}", alert);
}
