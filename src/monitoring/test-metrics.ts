/** A metrics system with a configuration, for one test. */
import { EnhancedMetricsSystem } from "./metrics-system.ts";
import type { MetricsSystemOptions } from "./metrics-system.ts";

export const configuration = {
  targets: [
    { provider: "anthropic", model: "claude-sonnet-5" },
    { provider: "anthropic", model: "claude-haiku-4-5" },
    { provider: "openai", model: "gpt-5.5" },
    { provider: "groq", model: "kimi-k2" },
  ],
  routes: ["/health"],
  tiers: ["standard", "pro"],
} as const;

/** A test's body that gets a system, which is closed afterwards. */
export function withMetrics(
  run: (metrics: EnhancedMetricsSystem) => Promise<void> | void,
  options: MetricsSystemOptions = {},
): () => Promise<void> {
  return async () => {
    const metrics = new EnhancedMetricsSystem({ configuration, version: "1.2.3", ...options });
    try {
      await run(metrics);
    } finally {
      metrics.close();
    }
  };
}

/** The value of the series that starts like this, null where there is none. */
export function valueOf(text: string, series: string): number | null {
  const line = text.split("\n").find((entry) => entry.startsWith(`${series} `));
  return line === undefined ? null : Number(line.split(" ").at(1));
}
