/** The settings of the alerts where everything around the router is our own: on one machine, or in one set of containers. */
import type { AlertingConfig } from "../config/schema.ts";

/** `alerting` with these targets in place of its own, and nobody told of an alert but the web hook. */
export function atOwnAddresses(
  alerting: AlertingConfig,
  targets: AlertingConfig["targets"],
  webhook: AlertingConfig["receivers"]["webhook"],
): AlertingConfig {
  const { slack, email, teams } = alerting.receivers;
  const receivers = { webhook, slack: { ...slack, enabled: false }, email: { ...email, enabled: false }, teams };
  return { ...alerting, targets, receivers };
}
