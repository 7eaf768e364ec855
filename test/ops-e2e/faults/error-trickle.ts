import type { Fault } from "../fault.ts";
import { question } from "../stack.ts";

export const errorTrickle: Fault = {
  name: "error-trickle",
  title: "three calls of ten fail where so few are made that no budget of a month can be judged",
  alert: "HighErrorRate",
  settings: { breaker: { failureThreshold: 1_000_000, failureRatio: 1, minimumCalls: 1_000_000 } },
  // The same calls a second are twenty times fewer in a shortened hour: "few" is said here by the limit.
  thresholds: { sloMinimumCalls: 1_000_000 },
  load: { perSecond: 4, body: (call) => question(call, "openai/gpt-4.1") },
  inject: ({ simulated }) => simulated.openai.behave({ failures: [{ status: 500, ratio: 0.3 }] }),
  mend: ({ simulated }) => simulated.openai.behave({ failures: [] }),
};
