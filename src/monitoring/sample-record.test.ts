/** Records for tests: a plain success, to be changed field by field. */
import { noLimits } from "../core/caller.ts";
import type { AttemptRecord, CallRecord } from "../core/record.ts";
import { zeroUsage } from "../core/usage.ts";

export const sampleAttempt: AttemptRecord = {
  target: { provider: "anthropic", model: "claude-sonnet-5" },
  credential: "key-1",
  startedAfterMs: 4,
  durationMs: 2_000,
  status: 200,
  errorCode: null,
  message: null,
};

const sample: CallRecord = {
  id: "req_0123456789abcdef01234567",
  startedAtMs: 1_700_000_000_000,
  durationMs: 2_010,
  firstByteMs: 504,
  providerMs: 2_000,
  endpoint: "messages",
  dialect: "anthropic-messages",
  caller: { user: "ada", team: "core", tier: "standard", keyId: "k1", allowedModels: null, limits: noLimits },
  client: { sessionId: "s1", agentId: null, parentAgentId: null, app: "cli" },
  askedModel: "sonnet",
  plan: null,
  attempts: [sampleAttempt],
  target: sampleAttempt.target,
  answeredModel: "claude-sonnet-5",
  isStreaming: true,
  status: 200,
  outcome: "success",
  errorCode: null,
  errorMessage: null,
  stopReason: "end_turn",
  usage: { ...zeroUsage, uncachedInput: 100, cacheRead: 900, output: 101, reasoning: 1 },
  isUsageEstimated: false,
  cost: {
    nanoUsd: 2_100_000,
    prices: {
      uncachedInput: 3_000_000,
      cacheRead: 300_000,
      cacheWrite5m: 3_750_000,
      cacheWrite1h: 6_000_000,
      output: 15_000_000,
      serverToolRequest: 0,
      source: "catalog",
    },
  },
  cacheStatus: "miss",
  requestBytes: 50_000,
  answerBytes: 9_000,
  notes: [],
};

/** A call of two seconds that anthropic served, with what `changes` says otherwise. */
export function sampleRecord(changes: Partial<CallRecord> = {}): CallRecord {
  return { ...sample, ...changes };
}
