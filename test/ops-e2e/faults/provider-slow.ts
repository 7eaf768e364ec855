import type { Fault } from "../fault.ts";

export const providerSlow: Fault = {
  name: "provider-slow",
  title: "a provider begins at once, and writes so slowly that answers take seven seconds",
  alert: "HighLatency",
  inject: ({ simulated }) => simulated.anthropic.behave({ tokensPerSecond: 12, answerTokens: 80 }),
  mend: ({ simulated }) => simulated.anthropic.behave({ tokensPerSecond: null, answerTokens: null }),
};
