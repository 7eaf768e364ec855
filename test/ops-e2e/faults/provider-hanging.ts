import type { Fault } from "../fault.ts";

export const providerHanging: Fault = {
  name: "provider-hanging",
  title: "a provider takes requests and never answers",
  alert: "ProviderDown",
  labels: { provider: "anthropic" },
  settings: { breaker: { openMs: 15_000, failureThreshold: 5 } },
  inject: ({ simulated }) => simulated.anthropic.behave({ fault: { kind: "hang" } }),
  mend: ({ simulated }) => simulated.anthropic.behave({ fault: null }),
};
