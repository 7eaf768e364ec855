/** Is there a router at all? */
import { quietSeverity } from "../../core/alert-severity.ts";
import { silencedByServiceDown } from "../alert-definition.ts";
import type { AlertGroup } from "../alert-definition.ts";

export const serviceAlerts: AlertGroup = {
  name: "service",
  alerts: [
    {
      name: "ServiceDown",
      severity: "critical",
      team: "gateway",
      dashboard: "operations",
      for: "1m",
      expr: () => `up{job="claude-code-router"} == 0`,
      summary: "Claude Code Router is down",
      description: "{{ $labels.instance }} has not answered Prometheus for more than a minute: calls sent to it fail.",
    },
    {
      // A target that is no longer scraped has no `up` at all, and no comparison with nothing is ever true.
      name: "ServiceAbsent",
      severity: "critical",
      team: "gateway",
      dashboard: "operations",
      for: "1m",
      expr: () => `absent(up{job="claude-code-router"})`,
      summary: "No Claude Code Router is scraped",
      description: "Prometheus has no target of the job claude-code-router: nothing is known about the router.",
    },
    {
      name: "ServiceRestarting",
      severity: "warning",
      team: "gateway",
      dashboard: "instance",
      for: "0m",
      expr: ({ limits, span }) =>
        `changes(process_start_time_seconds{job="claude-code-router"}[${span("15m")}]) >= ${limits.restarts}`,
      summary: "Claude Code Router restarts again and again",
      description: "{{ $labels.instance }} has restarted {{ $value }} times in the last 15 minutes.",
      silenced: [silencedByServiceDown],
    },
    {
      name: "ConfigReloadFailed",
      severity: "warning",
      team: "gateway",
      dashboard: "instance",
      for: "1m",
      expr: () => `ccr_config_last_reload_successful == 0`,
      summary: "The configuration was refused",
      description:
        "{{ $labels.instance }} still runs with its old configuration: the one on disk has errors. `ccr validate-config` lists them.",
      silenced: [silencedByServiceDown],
    },
    {
      name: "Watchdog",
      severity: quietSeverity,
      team: "gateway",
      dashboard: "operations",
      for: "0m",
      expr: () => `vector(1)`,
      summary: "Alerting works",
      description: "This alert fires always. When it stops coming, Prometheus or Alertmanager is down.",
    },
  ],
};
