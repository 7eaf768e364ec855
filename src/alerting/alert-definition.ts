/** How an alert is declared. Rules files, index, runbook list, inhibition and the table in docs/alerting.md follow from it. */
import type { AlertThresholds, ServiceLevels, TeamName } from "../config/schema.ts";
import type { Severity } from "../core/alert-severity.ts";
import type { DashboardName } from "./dashboard-names.ts";
import type { Spans } from "./spans.ts";

/** What an expression is made with. */
export interface RuleContext {
  readonly limits: AlertThresholds;
  readonly levels: ServiceLevels;
  /** Spans of time, as PromQL writes them. */
  readonly span: Spans;
}

/** An alert that keeps this one quiet while it fires. */
export interface Silencing {
  readonly by: string;
  /** Labels that must be the same in both; none: whatever they say. */
  readonly equal: readonly string[];
  /** A matcher for what it keeps quiet; absent: all of this alert. */
  readonly only?: string;
}

export interface AlertDefinition {
  readonly name: string;
  readonly severity: Severity;
  readonly team: TeamName;
  readonly dashboard: DashboardName;
  /** How long the expression must hold, as Prometheus writes it; `0m`: at once. */
  readonly for: string;
  /** PromQL. Its labels are the alert's, so each expression says by its `by` what an alert is about. */
  readonly expr: (context: RuleContext) => string;
  /** One line, without figures. */
  readonly summary: string;
  /** What was measured, with the figure in a unit for people (Prometheus template). */
  readonly description: string;
  readonly silenced?: readonly Silencing[];
  /** Rules of this name side by side, in place of one with `expr` and `description`: told apart by a label. */
  readonly variants?: readonly AlertVariant[];
}

export interface AlertVariant {
  readonly labels: Readonly<Record<string, string>>;
  readonly expr: (context: RuleContext) => string;
  readonly description: string;
}

/** Alerts on one subject; one group of the rules file. */
export interface AlertGroup {
  readonly name: string;
  /** What the group's expressions ask about beside the router; without it the group is left out. */
  readonly needs?: "nodeExporter" | "redisExporter";
  readonly alerts: readonly AlertDefinition[];
}

/** The labels by which an alert about one router is told from another's. */
export const perInstance = ["job", "instance"] as const;

/** Quiet while the router itself is down: its own alerts would only repeat it. */
export const silencedByServiceDown: Silencing = { by: "ServiceDown", equal: perInstance };
