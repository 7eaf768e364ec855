/** Rule tests of src/alerting/alerts/service.ts. */
import { boundary, fires, gauge, recovers, router, series, silent } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

const up = (instance: string): string => series("up", router(instance));
const started = (instance: string): string => series("process_start_time_seconds", router(instance));
const reloaded = (instance: string): string => series("ccr_config_last_reload_successful", router(instance));

export const serviceScenarios: readonly Scenario[] = [
  {
    alert: "ServiceDown",
    title: "fires a minute after one of two routers stopped answering, and for that one only",
    every: "15s",
    series: {
      [up("a")]: gauge([1, 8], [0, 12], [1, 20]),
      [up("b")]: gauge([1, 40]),
      // Another job's target is another alert's matter.
      [series("up", { job: "redis", instance: "r" })]: gauge([0, 40]),
    },
    checks: [silent("1m45s"), boundary("2m45s"), fires("3m", router("a")), fires("4m45s", router("a")), recovers("5m")],
    texts: {
      at: "3m",
      labels: router("a"),
      summary: "Claude Code Router is down",
      description: "a has not answered Prometheus for more than a minute: calls sent to it fail.",
    },
  },
  {
    alert: "ServiceDown",
    title: "stays silent when a router misses a single scrape",
    every: "15s",
    series: { [up("a")]: gauge([1, 8], [0, 2], [1, 20]) },
    checks: [silent("2m15s"), silent("3m15s")],
  },
  {
    alert: "ServiceAbsent",
    title: "fires when Prometheus has no router to ask, where ServiceDown stays silent",
    every: "15s",
    series: {
      [up("a")]: "1+0x7 stale _x11 1+0x20",
      [series("up", { job: "redis", instance: "r" })]: gauge([1, 40]),
    },
    checks: [
      silent("1m45s"),
      boundary("2m45s"),
      fires("3m", { job: "claude-code-router" }),
      fires("4m45s", { job: "claude-code-router" }),
      recovers("5m"),
    ],
    texts: {
      at: "3m",
      labels: { job: "claude-code-router" },
      summary: "No Claude Code Router is scraped",
      description: "Prometheus has no target of the job claude-code-router: nothing is known about the router.",
    },
  },
  {
    alert: "ServiceAbsent",
    title: "stays silent while a router is there and does not answer",
    every: "15s",
    series: { [up("a")]: gauge([0, 40]) },
    checks: [silent("5m"), silent("9m")],
  },
  {
    alert: "ServiceRestarting",
    title: "fires at three restarts in fifteen minutes, not at two",
    series: {
      [started("loops")]: gauge([100, 3], [300, 4], [600, 4], [900, 40]),
      [started("twice")]: gauge([100, 3], [300, 4], [600, 44]),
      [series("process_start_time_seconds", { job: "other", instance: "o" })]: gauge([1, 3], [2, 3], [3, 3], [4, 40]),
    },
    checks: [
      silent("10m"),
      fires("11m", router("loops")),
      boundary("17m", router("loops")),
      recovers("18m"),
      silent("30m"),
    ],
    texts: {
      at: "12m",
      labels: router("loops"),
      summary: "Claude Code Router restarts again and again",
      description: "loops has restarted 3 times in the last 15 minutes.",
    },
  },
  {
    alert: "ConfigReloadFailed",
    title: "fires a minute after a configuration was refused, until one is taken",
    series: { [reloaded("a")]: gauge([1, 5], [0, 5], [1, 10]), [reloaded("b")]: gauge([1, 20]) },
    checks: [silent("4m"), boundary("5m"), fires("6m", router("a")), fires("9m", router("a")), recovers("10m")],
    texts: {
      at: "6m",
      labels: router("a"),
      summary: "The configuration was refused",
      description:
        "a still runs with its old configuration: the one on disk has errors. `ccr validate-config` lists them.",
    },
  },
  {
    alert: "Watchdog",
    title: "fires always",
    series: { [up("a")]: gauge([0, 3]) },
    checks: [fires("0m", {}), boundary("1m", {}), fires("10m", {}), fires("60m", {})],
    texts: {
      at: "1m",
      labels: {},
      summary: "Alerting works",
      description: "This alert fires always. When it stops coming, Prometheus or Alertmanager is down.",
    },
  },
];
