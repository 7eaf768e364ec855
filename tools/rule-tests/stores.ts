/** Rule tests of src/alerting/alerts/stores.ts. */
import { boundary, counter, fires, gauge, recovers, router, series, silent } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

const lookups = (instance: string, level: string, result: string): string =>
  series("ccr_cache_lookups_total", { ...router(instance), cache_level: level, result });
const dependency = (metric: string, instance: string, name: string): string =>
  series(metric, { ...router(instance), dependency: name });

const cold = router("cold");
const ledgerAtA = { ...router("a"), dependency: "ledger" };

export const storeScenarios: readonly Scenario[] = [
  {
    alert: "LowCacheHitRate",
    title: "fires ten minutes after fewer than 30 % of many calls were answered from the cache, until more are",
    series: {
      // 12 a minute; five minutes after the fall to one hit of them, 35 of 120 are left. Three minutes after the rise, 37.
      [lookups("cold", "l1", "hit")]: counter([6, 10], [1, 30], [10, 20]),
      [lookups("cold", "l1", "miss")]: counter([6, 10], [11, 30], [2, 20]),
      [lookups("edge", "l1", "hit")]: counter([6, 60]),
      [lookups("edge", "l1", "miss")]: counter([14, 60]),
      // Redis has what memory has not: nothing is wrong.
      [lookups("shared", "l1", "hit")]: counter([1, 60]),
      [lookups("shared", "l1", "miss")]: counter([11, 60]),
      [lookups("shared", "l2", "hit")]: counter([10, 60]),
      [lookups("shared", "l2", "miss")]: counter([1, 60]),
      // Neither has enough by itself, both together have.
      [lookups("both", "l1", "hit")]: counter([3, 60]),
      [lookups("both", "l1", "miss")]: counter([9, 60]),
      [lookups("both", "l2", "hit")]: counter([2, 60]),
      [lookups("both", "l2", "miss")]: counter([7, 60]),
      // Many more lookups at once: over ten minutes 50 hits of 180 are too few four minutes later, at 34.
      [lookups("rush", "l1", "hit")]: counter([5, 60]),
      [lookups("rush", "l1", "miss")]: counter([5, 30], [25, 30]),
      // Memory has it, and Redis never: nothing is wrong, either.
      [lookups("alone", "l1", "hit")]: counter([8, 60]),
      [lookups("alone", "l1", "miss")]: counter([16, 60]),
      [lookups("alone", "l2", "hit")]: counter([0, 60]),
      [lookups("alone", "l2", "miss")]: counter([16, 60]),
    },
    checks: [silent("14m"), boundary("24m"), fires("25m", cold), fires("42m", cold), recovers("43m")],
    texts: {
      at: "30m",
      labels: cold,
      summary: "Low cache hit rate",
      description:
        "8.333% of the calls that cold looked up in the answer cache were answered from it in the last 10 minutes.",
    },
  },
  {
    alert: "LowCacheHitRate",
    title: "is silent without traffic, and below a hundred lookups in ten minutes",
    series: {
      [lookups("idle", "l1", "hit")]: counter([0, 60]),
      [lookups("idle", "l1", "miss")]: counter([0, 60]),
      [lookups("few", "l1", "hit")]: counter([0, 60]),
      [lookups("few", "l1", "miss")]: counter([9.2, 60]),
      // Lookups in Redis are no calls more.
      [lookups("few", "l2", "hit")]: counter([0, 60]),
      [lookups("few", "l2", "miss")]: counter([9.2, 60]),
      [lookups("enough", "l1", "hit")]: counter([0, 60]),
      [lookups("enough", "l1", "miss")]: counter([10, 60]),
      // 100 in ten minutes until a minute ago.
      [lookups("ends", "l1", "hit")]: counter([0, 60]),
      [lookups("ends", "l1", "miss")]: counter([12, 30], [0, 30]),
    },
    checks: [
      boundary("25m", router("enough"), router("ends")),
      fires("31m", router("enough"), router("ends")),
      recovers("33m", router("enough")),
    ],
  },
  {
    alert: "DependencyDown",
    title: "fires two minutes after a dependency could not be reached, until it can",
    series: {
      [dependency("ccr_dependency_up", "a", "ledger")]: gauge([1, 5], [0, 10], [1, 10]),
      [dependency("ccr_dependency_up", "a", "budgets")]: gauge([1, 25]),
    },
    checks: [silent("4m"), boundary("6m"), fires("7m", ledgerAtA), fires("14m", ledgerAtA), recovers("15m")],
    texts: {
      at: "7m",
      labels: ledgerAtA,
      summary: "The router cannot reach its ledger",
      description:
        "a has not reached its ledger for more than 2 minutes. Calls go on; what belongs there waits in a buffer.",
    },
  },
  {
    alert: "DependencyBufferFilling",
    title: "fires two minutes after more than ten thousand entries wait, until they are taken",
    series: {
      [dependency("ccr_dependency_buffered_entries", "a", "ledger")]: gauge([0, 5], [10_500, 10], [0, 10]),
      [dependency("ccr_dependency_buffered_entries", "a", "budgets")]: gauge([10_000, 25]),
      [dependency("ccr_dependency_buffered_entries", "b", "ledger")]: gauge([9_500, 25]),
    },
    checks: [silent("4m"), boundary("6m"), fires("7m", ledgerAtA), fires("14m", ledgerAtA), recovers("15m")],
    texts: {
      at: "7m",
      labels: ledgerAtA,
      summary: "Entries pile up that the ledger does not take",
      description: "10.5k entries wait at a for the ledger; when the buffer is full, they are lost.",
    },
  },
  {
    alert: "LedgerWriteFailures",
    title: "fires while writes go on failing, not for a single one that is over",
    series: {
      [series("ccr_ledger_write_failures_total", router("a"))]: counter([0, 5], [1, 10], [0, 20]),
      [series("ccr_ledger_write_failures_total", router("b"))]: counter([0, 40]),
    },
    checks: [silent("5m"), boundary("7m"), fires("8m", router("a")), fires("19m", router("a")), recovers("20m")],
    texts: {
      at: "13m",
      labels: router("a"),
      summary: "The ledger cannot be written",
      description: "5 writes to the ledger of a failed in the last 5 minutes. Rows wait and are written later.",
    },
  },
  {
    alert: "LedgerRowsLost",
    title: "fires at once when calls are missing from the ledger, for a quarter of an hour",
    series: {
      [series("ccr_ledger_lost_rows_total", router("a"))]: counter([0, 10], [3, 1], [0, 40]),
      [series("ccr_ledger_lost_rows_total", router("b"))]: counter([0, 50]),
      // Lost long ago, before it was looked at.
      [series("ccr_ledger_lost_rows_total", router("c"))]: gauge([7, 50]),
    },
    checks: [silent("9m"), boundary("10m"), fires("11m", router("a")), fires("25m", router("a")), recovers("26m")],
    texts: {
      at: "25m",
      labels: router("a"),
      summary: "Calls are missing from the ledger",
      description:
        "3 calls of a were lost to the ledger in the last 15 minutes: costs and budgets are too low by them.",
    },
  },
  {
    alert: "LedgerRowsLost",
    title: "fires for a single call",
    series: { [series("ccr_ledger_lost_rows_total", router("a"))]: counter([0, 10], [1, 1], [0, 40]) },
    checks: [boundary("10m"), fires("11m", router("a")), fires("25m", router("a")), recovers("26m")],
  },
];
