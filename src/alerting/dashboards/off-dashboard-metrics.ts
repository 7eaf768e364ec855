/** Metrics that are on no panel, each with the reason. A test wants every other one on a panel. */
export const offDashboardMetrics: Readonly<Record<string, string>> = {
  ccr_cost_usd_total: "the same series as ccr_cost_total_usd, for tools that insist on a counter's name",
  process_cpu_seconds_total: "ccr_cpu_usage_percent is its rate",
};
