/** Rule tests of src/alerting/alerts/machine.ts. */
import { boundary, counter, fires, gauge, recovers, series, silent } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

const machine = (instance: string) => ({ job: "node-exporter", instance });
const cpu = (instance: string, core: string, mode: string): string =>
  series("node_cpu_seconds_total", { ...machine(instance), cpu: core, mode });

/** A file system with so many per cent free. */
function disk(instance: string, mountpoint: string, fstype: string, free: string, readonly = 0) {
  const labels = { ...machine(instance), device: "/dev/x", fstype, mountpoint };
  return {
    [series("node_filesystem_avail_bytes", labels)]: free,
    [series("node_filesystem_size_bytes", labels)]: gauge([100, 40]),
    [series("node_filesystem_readonly", labels)]: gauge([readonly, 40]),
  };
}

const data = { ...machine("a"), device: "/dev/x", fstype: "ext4", mountpoint: "/data" };

export const machineScenarios: readonly Scenario[] = [
  {
    alert: "HighCpuUsage",
    title: "fires five minutes after all cores together are busier than 80 % over five minutes",
    series: {
      // Idle: 15.8 % and 15 % from minute 10 on; 21 % and 22 %; 20 %.
      [cpu("busy", "0", "idle")]: counter([55, 10], [9.5, 20], [55, 20]),
      [cpu("busy", "1", "idle")]: counter([55, 10], [9, 20], [55, 20]),
      [cpu("busy", "0", "user")]: counter([1, 50]),
      [cpu("half", "0", "idle")]: counter([0, 50]),
      [cpu("half", "1", "idle")]: counter([26, 50]),
      [cpu("edge", "0", "idle")]: counter([12, 50]),
    },
    checks: [
      silent("14m"),
      boundary("19m"),
      fires("20m", machine("busy")),
      fires("30m", machine("busy")),
      recovers("31m"),
      silent("40m"),
    ],
    texts: {
      at: "25m",
      labels: machine("busy"),
      summary: "High CPU usage",
      description: "CPU usage is 85 % on busy over the last 5 minutes.",
    },
  },
  {
    alert: "HighCpuUsage",
    title: "goes on over a single idle sample",
    series: { [cpu("busy", "0", "idle")]: counter([0, 15], [40, 1], [0, 15]) },
    checks: [fires("14m", machine("busy")), fires("16m", machine("busy")), fires("25m", machine("busy"))],
  },
  {
    alert: "DiskSpaceLow",
    title: "fires five minutes after less than 10 % of a file system is free, until there is room",
    series: {
      ...disk("a", "/data", "ext4", gauge([50, 5], [9.5, 15], [50, 20])),
      ...disk("a", "/edge", "xfs", gauge([10, 40])),
      ...disk("a", "/well", "ext4", gauge([10.5, 40])),
      // Full by nature: read-only file systems and images.
      ...disk("a", "/iso", "udf", gauge([0, 40]), 1),
      ...disk("a", "/snap", "squashfs", gauge([0, 40])),
      ...disk("a", "/cd", "iso9660", gauge([0, 40])),
    },
    checks: [silent("4m"), boundary("9m"), fires("10m", data), fires("19m", data), recovers("20m")],
    texts: {
      at: "10m",
      labels: data,
      summary: "Low disk space",
      description: "9.5% of /data on a is free; a full disk stops ledger and logs.",
    },
  },
  {
    alert: "MachineMetricsAbsent",
    title: "fires five minutes after node_exporter stopped answering",
    series: {
      [series("up", machine("a"))]: gauge([1, 5], [0, 15], [1, 20]),
      [series("up", machine("b"))]: gauge([1, 40]),
      [series("up", { job: "redis", instance: "r" })]: gauge([0, 40]),
    },
    checks: [silent("4m"), boundary("9m"), fires("10m", machine("a")), fires("19m", machine("a")), recovers("20m")],
    texts: {
      at: "10m",
      labels: machine("a"),
      summary: "Nothing is known about the machine",
      description: "node_exporter does not answer: CPU and disk are not watched.",
    },
  },
  {
    alert: "MachineMetricsAbsent",
    title: "fires when there is no node_exporter to ask",
    series: {
      [series("up", machine("a"))]: "1+0x4 stale _x14 1+0x20",
      [series("up", { job: "redis", instance: "r" })]: gauge([1, 40]),
    },
    checks: [silent("4m"), boundary("9m"), fires("10m", { job: "node-exporter" }), recovers("20m")],
  },
];
