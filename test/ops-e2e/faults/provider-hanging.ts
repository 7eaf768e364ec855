import type { Fault } from "../fault.ts";

export const providerHanging: Fault = {
  name: "provider-hanging",
  title: "a provider takes requests and never answers",
  alert: "ProviderDown",
  labels: { provider: "anthropic" },
  consequences: {
    BreakerOpen:
      "a probe that hangs makes the breaker half open and lifts the score over the alert's limit: ProviderDown begins anew, and may come second",
  },
  // The first calls wait so long; with the usual five minutes they would still wait when the trial is over.
  provider: { timeouts: { firstByteMs: 2000 } },
  inject: ({ simulated }) => simulated.anthropic.behave({ fault: { kind: "hang" } }),
  mend: ({ simulated }) => simulated.anthropic.behave({ fault: null }),
};
