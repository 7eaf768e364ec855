import type { Fault } from "../fault.ts";

export const providerSluggish: Fault = {
  name: "provider-sluggish",
  title: "a provider takes longer than the limit set for providers, callers do not suffer yet",
  alert: "ProviderHighLatency",
  labels: { provider: "anthropic" },
  // Answers of half a minute would outlast the shortened windows.
  thresholds: { providerLatencySeconds: 2 },
  inject: ({ simulated }) => simulated.anthropic.behave({ tokensPerSecond: 25, answerTokens: 80 }),
  mend: ({ simulated }) => simulated.anthropic.behave({ tokensPerSecond: null, answerTokens: null }),
};
