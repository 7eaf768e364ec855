/** What tells Grafana where Prometheus is and where our dashboards lie: files for its `provisioning` folder. */
import { stringify } from "yaml";

/** Scrapes are this far apart: `$__rate_interval` is four of them at least. Grafana must be told. */
const scrapeIntervalSeconds = 10;

/** Addresses are those of ops/compose.yaml; elsewhere these two variables of Grafana's environment say otherwise. */
const datasources = {
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
      jsonData: { timeInterval: `${scrapeIntervalSeconds}s`, httpMethod: "POST", prometheusType: "Prometheus" },
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

/** Provisioning files by their path under Grafana's `provisioning` folder. */
export const provisioningFiles: Readonly<Record<string, string>> = {
  "datasources/prometheus.yaml": stringify(datasources),
  "dashboards/claude-code-router.yaml": stringify(providers),
};
