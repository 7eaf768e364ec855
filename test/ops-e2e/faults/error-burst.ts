import type { Fault } from "../fault.ts";
import { question } from "../stack.ts";

export const errorBurst: Fault = {
  name: "error-burst",
  title: "three calls of ten fail, at full traffic",
  alert: "AvailabilityFastBurn",
  labels: { slo: "availability" },
  consequences: { AvailabilitySlowBurn: "the month's budget is hurt for real, and the longer windows remember it" },
  // Neither a fallback nor a breaker stands between the provider's failures and the callers.
  settings: { breaker: { failureThreshold: 1_000_000, failureRatio: 1, minimumCalls: 1_000_000 } },
  load: { perSecond: 8, body: (call) => question(call, "openai/gpt-4.1") },
  // The second pair's short window, half an hour and a minute and a half here, may have to forget it first.
  resolveWithinSeconds: 150,
  inject: ({ simulated }) => simulated.openai.behave({ failures: [{ status: 500, ratio: 0.3 }] }),
  mend: ({ simulated }) => simulated.openai.behave({ failures: [] }),
};
