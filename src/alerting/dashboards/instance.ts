/** The instances themselves: memory, processor, event loop, disks, configuration, and what they depend on. */
import type { Dashboard } from "./dashboard.ts";
import { machineRow, redisRow } from "./exporter-rows.ts";
import { here, quantile } from "./selectors.ts";

export const instance: Dashboard = {
  name: "instance",
  title: "Claude Code Router / Instances",
  description:
    "The processes themselves: memory, processor, event loop, disks, configuration, and what they depend on.",
  variables: [],
  rows: [
    {
      title: "Which run",
      panels: [
        {
          kind: "table",
          title: "Versions",
          description: "Instances with the versions of the router and of Node.js.",
          unit: "none",
          width: 8,
          columns: { instance: "Instance", version: "Version", node_version: "Node.js" },
          valueName: "Up",
          queries: [{ expr: `ccr_build_info{${here}}`, legend: "{{instance}}" }],
          alerts: ["ServiceDown"],
        },
        {
          kind: "stat",
          title: "Running for",
          description: "Time since the process started.",
          unit: "s",
          width: 4,
          queries: [{ expr: `time() - process_start_time_seconds{${here}}`, legend: "{{instance}}" }],
        },
        {
          kind: "stat",
          title: "Restarts in 24 hours",
          description:
            "Of the router or a worker. Starts that nobody ordered are crashes: read the log's end before each.",
          unit: "none",
          width: 4,
          queries: [{ expr: `changes(process_start_time_seconds{${here}}[1d])`, legend: "{{instance}}" }],
          thresholds: [{ from: 1, color: "yellow" }],
          alerts: ["ServiceRestarting"],
        },
        {
          kind: "states",
          title: "Configuration",
          description: "refused: the file on disk is wrong, and the one before it still runs.",
          unit: "none",
          width: 4,
          queries: [{ expr: `ccr_config_last_reload_successful{${here}}`, legend: "{{instance}}" }],
          states: { "0": { word: "refused", color: "red" }, "1": { word: "taken", color: "green" } },
          alerts: ["ConfigReloadFailed"],
        },
        {
          kind: "stat",
          title: "Configuration loaded",
          description: "How long ago the running configuration was read: what changed just before the trouble began.",
          unit: "s",
          width: 4,
          queries: [{ expr: `time() - ccr_config_last_reload_timestamp_seconds{${here}}`, legend: "{{instance}}" }],
        },
      ],
    },
    {
      title: "Memory and processor",
      panels: [
        {
          kind: "time-series",
          title: "Heap",
          description:
            "Against the most that V8 will give it; of several workers, the fullest. A floor that rises between collections is a leak.",
          unit: "bytes",
          width: 8,
          queries: [
            {
              expr: `ccr_memory_usage_bytes{${here},type=~"heap_used|heap_total|heap_limit"}`,
              legend: "{{instance}} {{type}}",
            },
          ],
          alerts: ["HighMemoryUsage", "MemoryLeak"],
        },
        {
          kind: "time-series",
          title: "Memory outside the heap",
          description:
            "resident is what the machine gives, all workers together; external and array_buffers are bodies and streams.",
          unit: "bytes",
          width: 8,
          queries: [
            { expr: `process_resident_memory_bytes{${here}}`, legend: "{{instance}} resident" },
            {
              expr: `ccr_memory_usage_bytes{${here},type=~"external|array_buffers"}`,
              legend: "{{instance}} {{type}}",
            },
          ],
        },
        {
          kind: "time-series",
          title: "Processor",
          description: "Percent of one core. One process uses one core for calls: near 100 run more workers.",
          unit: "percent",
          width: 8,
          min: 0,
          queries: [{ expr: `ccr_cpu_usage_percent{${here}}`, legend: "{{instance}}" }],
          thresholds: [{ from: 80, color: "yellow" }],
          alerts: ["HighCpuUsage"],
        },
        {
          kind: "time-series",
          title: "Event-loop lag",
          description: "How late timers are. Every stream stutters by as much.",
          unit: "s",
          width: 8,
          queries: [
            { expr: `ccr_event_loop_lag_seconds{${here},stat=~"mean|p50|p99|max"}`, legend: "{{instance}} {{stat}}" },
          ],
          thresholds: [{ from: "eventLoopLagSeconds", color: "red" }],
          alerts: ["EventLoopLag"],
        },
        {
          kind: "time-series",
          title: "Event loop busy",
          description: "Part of the time in which it worked. What is left is room for more load.",
          unit: "percentunit",
          width: 8,
          min: 0,
          max: 1,
          queries: [{ expr: `ccr_event_loop_utilization_ratio{${here}}`, legend: "{{instance}}" }],
        },
        {
          kind: "time-series",
          title: "Garbage collection",
          description: "Part of the time that its pauses take, and the longest ones.",
          unit: "s",
          width: 8,
          queries: [
            {
              expr: `sum by (instance, kind) (rate(ccr_gc_pause_seconds_sum{${here}}[$__rate_interval]))`,
              legend: "{{instance}} {{kind}}, seconds a second",
            },
            { expr: quantile(0.99, "ccr_gc_pause_seconds", ["instance"], here), legend: "{{instance}} 99 % of pauses" },
          ],
        },
      ],
    },
    {
      title: "Disks and files",
      panels: [
        {
          kind: "time-series",
          title: "Disks of the ledger and the logs",
          description: "Used part of the file systems that hold the state and log folders.",
          unit: "percentunit",
          width: 8,
          min: 0,
          max: 1,
          queries: [
            {
              expr: `ccr_disk_usage_bytes{${here}} / (ccr_disk_size_bytes{${here}} > 0)`,
              legend: "{{instance}} {{mount}}",
            },
          ],
          thresholds: [
            { from: 0.8, color: "yellow" },
            { from: 0.9, color: "red" },
          ],
          alerts: ["DiskSpaceLow"],
        },
        {
          kind: "time-series",
          title: "Open files",
          description: "Used part of the file descriptors that the process may open: sockets, files, pipes.",
          unit: "percentunit",
          width: 8,
          min: 0,
          queries: [{ expr: `process_open_fds{${here}} / (process_max_fds{${here}} > 0)`, legend: "{{instance}}" }],
          thresholds: [{ from: 0.8, color: "red" }],
        },
        {
          kind: "time-series",
          title: "Log lines",
          description: "By level: it shows when the log began to complain.",
          unit: "suffix: /s",
          width: 8,
          isStacked: true,
          queries: [
            { expr: `sum by (level) (rate(ccr_log_lines_total{${here}}[$__rate_interval]))`, legend: "{{level}}" },
          ],
        },
      ],
    },
    {
      title: "Dependencies and monitoring",
      panels: [
        {
          kind: "states",
          title: "Dependencies",
          description: "Only those that are configured. Calls go on without them, as docs/reliability.md says of each.",
          unit: "none",
          width: 8,
          queries: [
            {
              expr: `min by (instance, dependency) (ccr_dependency_up{${here}})`,
              legend: "{{instance}} {{dependency}}",
            },
          ],
          states: { "0": { word: "away", color: "red" }, "1": { word: "up", color: "green" } },
          alerts: ["DependencyDown"],
        },
        {
          kind: "time-series",
          title: "Waiting for a dependency",
          description:
            "Entries kept in the local buffer until the dependency is back; nothing is lost while there is room.",
          unit: "none",
          width: 8,
          queries: [
            {
              expr: `sum by (dependency) (ccr_dependency_buffered_entries{${here}})`,
              legend: "{{dependency}}",
            },
          ],
          thresholds: [{ from: "bufferedEntries", color: "red" }],
          alerts: ["DependencyBufferFilling"],
        },
        {
          kind: "time-series",
          title: "Ledger",
          description: "Writes that failed and were tried again, and rows that are lost for good, in five minutes.",
          unit: "none",
          width: 8,
          queries: [
            {
              expr: `sum by (instance) (increase(ccr_ledger_write_failures_total{${here}}[5m]))`,
              legend: "{{instance}} failed writes",
            },
            {
              expr: `sum by (instance) (increase(ccr_ledger_lost_rows_total{${here}}[5m]))`,
              legend: "{{instance}} lost rows",
            },
          ],
          alerts: ["LedgerWriteFailures", "LedgerRowsLost"],
        },
        {
          kind: "time-series",
          title: "Reloads of the configuration",
          description: "In the last hour, by whether the file was taken or refused.",
          unit: "none",
          width: 8,
          queries: [
            {
              expr: `sum by (result) (increase(ccr_config_reloads_total{${here}}[1h]))`,
              legend: "{{result}}",
            },
          ],
        },
        {
          kind: "time-series",
          title: "Traces handed over",
          description: "To the OTLP endpoint, or dropped because it did not take them in time.",
          unit: "suffix: /s",
          width: 8,
          queries: [
            {
              expr: `sum by (result) (rate(ccr_traces_exported_total{${here}}[$__rate_interval]))`,
              legend: "{{result}}",
            },
          ],
        },
        {
          kind: "time-series",
          title: "Folded label sets",
          description:
            "Label sets that went into _other because a metric had too many. Above zero: figures by user or model are not complete.",
          unit: "none",
          width: 8,
          queries: [{ expr: `sum by (metric) (ccr_metric_label_overflows_total{${here}}) > 0`, legend: "{{metric}}" }],
          whenEmpty: "none",
        },
        {
          kind: "time-series",
          title: "Scrapes",
          description: "How long Prometheus takes to read each instance.",
          unit: "s",
          width: 8,
          queries: [{ expr: `scrape_duration_seconds{${here}}`, legend: "{{instance}}" }],
        },
      ],
    },
    redisRow,
    machineRow,
  ],
};
