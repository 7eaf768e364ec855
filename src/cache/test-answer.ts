/** Kept answers for tests. */
import type { KeptAnswer } from "./answer-store.ts";

export function keptAnswer(change: Partial<KeptAnswer> = {}): KeptAnswer {
  return {
    target: { provider: "p", model: "m" },
    dialect: "anthropic-messages",
    endpoint: "messages",
    isStream: false,
    body: Buffer.from('{"type":"message"}'),
    facts: {
      answeredModel: "m-1",
      answerId: "msg_1",
      stopReason: "end_turn",
      usage: {
        uncachedInput: 3,
        cacheRead: 0,
        cacheWrite5m: 0,
        cacheWrite1h: 0,
        output: 5,
        reasoning: 0,
        serverToolRequests: 0,
      },
      isUsageEstimated: false,
      outputCharacters: 20,
    },
    pace: [
      { afterMs: 0, bytes: 4 },
      { afterMs: 20, bytes: 18 },
    ],
    keptAtMs: 1_800_000_000_000,
    expiresAtMs: 1_800_000_600_000,
    user: "ana",
    askedModel: "m",
    ...change,
  };
}
