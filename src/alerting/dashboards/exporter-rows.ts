/** What exporters of others tell of the machine and of Redis: rows of the dashboard of instances. */
import type { Row } from "./dashboard.ts";
import { here } from "./selectors.ts";

export const redisRow: Row = {
  title: "Redis (redis_exporter)",
  panels: [
    {
      kind: "states",
      title: "Redis reachable",
      description:
        "Whether Redis answers: to the router, and to its exporter. Without it calls go on, the second level and shared budgets do not.",
      unit: "none",
      width: 8,
      queries: [
        {
          expr: `min by (dependency) (ccr_dependency_up{${here},dependency=~"redis|cache"})`,
          legend: "router: {{dependency}}",
        },
        { expr: "min by (instance) (redis_up)", legend: "exporter: {{instance}}" },
      ],
      states: { "0": { word: "away", color: "red" }, "1": { word: "up", color: "green" } },
      whenEmpty: "not configured",
      alerts: ["RedisDown", "RedisAbsent"],
    },
    {
      kind: "time-series",
      title: "Memory of Redis",
      description: "What Redis uses, and the most it may use (0: no limit). At the limit it evicts or refuses.",
      unit: "bytes",
      width: 8,
      queries: [
        { expr: "max by (instance) (redis_memory_used_bytes)", legend: "{{instance}} used" },
        { expr: "max by (instance) (redis_memory_max_bytes)", legend: "{{instance}} limit" },
      ],
      whenEmpty: "no exporter",
      alerts: ["RedisHighMemory"],
    },
    {
      kind: "time-series",
      title: "Keys evicted and expired by Redis",
      description: "Evictions mean that Redis is too small for what is kept in it.",
      unit: "suffix: /s",
      width: 8,
      queries: [
        {
          expr: "sum by (instance) (rate(redis_evicted_keys_total[$__rate_interval]))",
          legend: "{{instance}} evicted",
        },
        {
          expr: "sum by (instance) (rate(redis_expired_keys_total[$__rate_interval]))",
          legend: "{{instance}} expired",
        },
      ],
      whenEmpty: "no exporter",
    },
  ],
};

export const machineRow: Row = {
  title: "Machine (node_exporter)",
  panels: [
    {
      kind: "time-series",
      title: "Processor of the machine",
      description: "Busy part over all cores.",
      unit: "percent",
      width: 8,
      min: 0,
      max: 100,
      queries: [
        {
          expr: `100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval])) * 100`,
          legend: "{{instance}}",
        },
      ],
      thresholds: [{ from: "cpuPercent", color: "yellow" }],
      whenEmpty: "no exporter",
      alerts: ["HighCpuUsage"],
    },
    {
      kind: "time-series",
      title: "Memory of the machine",
      description: "Available part; what the page cache could give back counts as available.",
      unit: "percentunit",
      width: 8,
      min: 0,
      max: 1,
      queries: [
        { expr: "node_memory_MemAvailable_bytes / (node_memory_MemTotal_bytes > 0)", legend: "{{instance}} available" },
      ],
      whenEmpty: "no exporter",
      alerts: ["MachineMetricsAbsent"],
    },
    {
      kind: "time-series",
      title: "Free space on file systems",
      description: "Free part of each file system that can be written to.",
      unit: "percentunit",
      width: 8,
      min: 0,
      max: 1,
      queries: [
        {
          expr: `(node_filesystem_avail_bytes{fstype!~"squashfs|iso9660|erofs|overlay|ramfs|autofs"} / (node_filesystem_size_bytes > 0)) unless on (instance, device, mountpoint) (node_filesystem_readonly == 1)`,
          legend: "{{instance}} {{mountpoint}}",
        },
      ],
      thresholds: [
        { from: 0, color: "red" },
        { from: "diskFreeRatio", color: "yellow" },
        { from: 0.2, color: "green" },
      ],
      whenEmpty: "no exporter",
      alerts: ["DiskSpaceLow"],
    },
  ],
};
