/** What tells Grafana where Prometheus is and where our dashboards lie: files for its `provisioning` folder. */
import type { AlertingConfig } from "../../../config/schema.ts";
import { toYaml } from "../../ops-yaml.ts";
import type { OpsFile } from "../../ops-file.ts";

/** Addresses are those of ops/compose.yaml. */
function datasources({ scrapeEveryMs }: AlertingConfig): unknown {
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      {
        name: "Prometheus",
        uid: "ccr-prometheus",
        type: "prometheus",
        access: "proxy",
        url: "http://prometheus:9090",
        isDefault: true,
        // How far apart scrapes are: $__rate_interval is four of them at least, and Grafana cannot ask.
        jsonData: { timeInterval: `${scrapeEveryMs}ms`, httpMethod: "POST", prometheusType: "Prometheus" },
      },
      {
        name: "Alertmanager",
        uid: "ccr-alertmanager",
        type: "alertmanager",
        access: "proxy",
        url: "http://alertmanager:9093",
        jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
      },
    ],
  };
}

const providers = {
  apiVersion: 1,
  providers: [
    {
      name: "claude-code-router",
      type: "file",
      folder: "Claude Code Router",
      folderUid: "ccr",
      allowUiUpdates: false,
      disableDeletion: true,
      updateIntervalSeconds: 30,
      options: { path: "/var/lib/grafana/dashboards" },
    },
  ],
};

export function provisioningFiles(alerting: AlertingConfig): readonly OpsFile[] {
  return [
    { path: "grafana/provisioning/datasources/prometheus.yaml", text: toYaml(datasources(alerting)) },
    { path: "grafana/provisioning/dashboards/claude-code-router.yaml", text: toYaml(providers) },
  ];
}
