import type { Fault } from "../fault.ts";

export const providerFailing: Fault = {
  name: "provider-failing",
  title: "every answer of a provider is 500; another one takes its calls",
  alert: "ProviderDown",
  labels: { provider: "anthropic" },
  inject: ({ simulated }) => simulated.anthropic.behave({ fault: { kind: "status", status: 500 } }),
  mend: ({ simulated }) => simulated.anthropic.behave({ fault: null }),
};
