/** Rule tests of src/alerting/alerts/stores.ts. */
import { boundary, counter, fires, gauge, recovers, router, series, silent } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

const ratio = (instance: string, level: string): string =>
  series("ccr_cache_hit_ratio", { ...router(instance), cache_level: level });
const lookups = (instance: string, level: string, result: string): string =>
  series("ccr_cache_lookups_total", { ...router(instance), cache_level: level, result });
const dependency = (metric: string, instance: string, name: string): string =>
  series(metric, { ...router(instance), dependency: name });

const coldL1 = { ...router("cold"), cache_level: "l1" };
const ledgerAtA = { ...router("a"), dependency: "ledger" };

export const storeScenarios: readonly Scenario[] = [
  {
    alert: "LowCacheHitRate",
    title: "fires ten minutes after fewer than 30 % of many lookups were hits, until more are",
    series: {
      [ratio("cold", "l1")]: gauge([0.5, 10], [0.285, 30], [0.5, 20]),
      [lookups("cold", "l1", "hit")]: counter([3, 60]),
      [lookups("cold", "l1", "miss")]: counter([9, 60]),
      [ratio("edge", "l1")]: gauge([0.3, 60]),
      [lookups("edge", "l1", "miss")]: counter([100, 60]),
      [ratio("cold", "l2")]: gauge([0.315, 60]),
      [lookups("cold", "l2", "miss")]: counter([100, 60]),
    },
    checks: [silent("9m"), boundary("19m"), fires("20m", coldL1), fires("39m", coldL1), recovers("40m")],
    texts: {
      at: "25m",
      labels: coldL1,
      summary: "Low cache hit rate",
      description: "28.5% of the lookups in cache level l1 of cold were hits in the last 10 minutes.",
    },
  },
  {
    alert: "LowCacheHitRate",
    title: "is silent without traffic, and below a hundred lookups in ten minutes",
    series: {
      [ratio("idle", "l1")]: gauge([0, 60]),
      [lookups("idle", "l1", "miss")]: counter([0, 60]),
      [ratio("none", "l1")]: "NaN+0x59",
      [lookups("none", "l1", "miss")]: counter([100, 60]),
      [ratio("few", "l1")]: gauge([0.1, 60]),
      [lookups("few", "l1", "miss")]: counter([9.2, 60]),
      [ratio("enough", "l1")]: gauge([0.1, 60]),
      [lookups("enough", "l1", "miss")]: counter([10, 60]),
      // Many lookups of another level prove nothing of this one.
      [ratio("idle", "l2")]: gauge([0.9, 60]),
      [lookups("idle", "l2", "miss")]: counter([100, 60]),
      // 100 in ten minutes until a minute ago.
      [ratio("ends", "l1")]: gauge([0.1, 60]),
      [lookups("ends", "l1", "miss")]: counter([12, 30], [0, 30]),
    },
    checks: [
      boundary("25m", { ...router("enough"), cache_level: "l1" }, { ...router("ends"), cache_level: "l1" }),
      fires("31m", { ...router("enough"), cache_level: "l1" }, { ...router("ends"), cache_level: "l1" }),
      recovers("33m", { ...router("enough"), cache_level: "l1" }),
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
];
