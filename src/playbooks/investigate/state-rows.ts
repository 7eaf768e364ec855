/** What stands around the calls when an investigation looks: providers, connections, cache, process, configuration. Pure. */
import { formatCount, formatShare } from "../figures.ts";
import { valueOf } from "../metrics-text.ts";
import type { Scrape } from "../metrics-text.ts";
import { compare } from "./diagnosis.ts";
import type { ComparedFigure } from "./diagnosis.ts";

/** Figures of this moment: there is no earlier scrape to compare them with. */
export function stateRows(scrape: Scrape): readonly ComparedFigure[] {
  const heapOf = (type: string): number | null => valueOf(scrape, "ccr_memory_usage_bytes", { type });
  const [heapUsed, heapLimit] = [heapOf("heap_used"), heapOf("heap_limit")];
  const loadedAt = valueOf(scrape, "ccr_config_last_reload_timestamp_seconds");
  const percent = (value: number): string => `${value.toFixed(0)} %`;
  return [
    { name: "least healthy provider", now: leastHealthy(scrape) ?? "-", before: null },
    compare("exchanges open at providers", valueOf(scrape, "ccr_active_connections"), null, formatCount),
    compare("cache hits", valueOf(scrape, "ccr_cache_hit_ratio", { cache_level: "l1" }), null, formatShare),
    compare("CPU, of a core", valueOf(scrape, "ccr_cpu_usage_percent"), null, percent),
    compare("heap, of its limit", heapUsed === null ? null : heapUsed / (heapLimit ?? Infinity), null, formatShare),
    compare("configuration loaded", loadedAt, null, (seconds) => new Date(seconds * 1_000).toISOString()),
  ];
}

/** Its name and score. */
function leastHealthy(scrape: Scrape): string | null {
  const [worst] = (scrape.get("ccr_provider_health_score") ?? []).toSorted((a, b) => a.value - b.value);
  return worst === undefined ? null : `${worst.labels["provider"] ?? ""} ${worst.value.toFixed(2)}`;
}
