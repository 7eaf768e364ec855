import type { Fault } from "../fault.ts";

export const providerHanging: Fault = {
  name: "provider-hanging",
  title: "a provider takes requests and never answers",
  alert: "ProviderDown",
  labels: { provider: "anthropic" },
  // The first calls wait so long; with the usual five minutes they would still wait when the trial is over.
  provider: { timeouts: { firstByteMs: 2000 } },
  inject: ({ simulated }) => simulated.anthropic.behave({ fault: { kind: "hang" } }),
  mend: ({ simulated }) => simulated.anthropic.behave({ fault: null }),
};
