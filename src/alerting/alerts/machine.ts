/** The machine, as node_exporter (Debian's prometheus-node-exporter) shows it. */
import type { AlertGroup } from "../alert-definition.ts";

/** File systems that are full by nature, or show another one's figures. */
const noDisk = `fstype!~"squashfs|iso9660|erofs|overlay|ramfs|autofs"`;

export const machineAlerts: AlertGroup = {
  name: "machine",
  needs: "nodeExporter",
  alerts: [
    {
      name: "HighCpuUsage",
      severity: "warning",
      team: "infrastructure",
      dashboard: "instance",
      for: "5m",
      // rate, not irate: one idle sample would begin `for` anew.
      expr: ({ limits, span }) =>
        `100 - avg by (job, instance) (rate(node_cpu_seconds_total{mode="idle"}[${span("5m")}])) * 100 > ${limits.cpuPercent}`,
      summary: "High CPU usage",
      description: 'CPU usage is {{ printf "%.0f" $value }} % on {{ $labels.instance }} over the last 5 minutes.',
    },
    {
      name: "DiskSpaceLow",
      severity: "warning",
      team: "infrastructure",
      dashboard: "instance",
      for: "5m",
      expr: ({ limits }) =>
        `node_filesystem_avail_bytes{${noDisk}} / (node_filesystem_size_bytes{${noDisk}} > 0) < ${limits.diskFreeRatio}
and node_filesystem_readonly{${noDisk}} == 0`,
      summary: "Low disk space",
      description:
        "{{ $value | humanizePercentage }} of {{ $labels.mountpoint }} on {{ $labels.instance }} is free; a full disk stops ledger and logs.",
    },
    {
      name: "MachineMetricsAbsent",
      severity: "warning",
      team: "infrastructure",
      dashboard: "instance",
      for: "5m",
      expr: () => `up{job="node-exporter"} == 0 or absent(up{job="node-exporter"})`,
      summary: "Nothing is known about the machine",
      description: "node_exporter does not answer: CPU and disk are not watched.",
    },
  ],
};
