/** Records for tests and benchmarks: a whole one from the few fields that matter. */
import type { CallRecord, Outcome } from "../../core/record.ts";

export interface TestRecordFields {
  readonly id: string;
  readonly startedAtMs?: number;
  readonly user?: string;
  readonly team?: string | null;
  readonly model?: string;
  readonly session?: string | null;
  readonly outcome?: Outcome;
  readonly costNanoUsd?: number;
}

/** A finished call to `anthropic`, with what `fields` say. */
export function createTestRecord(fields: TestRecordFields): CallRecord {
  const { id, startedAtMs = Date.UTC(2026, 10, 18), user = "ada", team = "compilers", session = "session-1" } = fields;
  const { model = "claude-sonnet-5", outcome = "success", costNanoUsd = 1_234_567 } = fields;
  const target = { provider: "anthropic", model };
  return {
    id,
    startedAtMs,
    durationMs: 1234.5,
    firstByteMs: 321.25,
    providerMs: 1230,
    endpoint: "messages",
    dialect: "anthropic-messages",
    caller: {
      user,
      team,
      tier: "standard",
      keyId: `key-${user}`,
      allowedModels: null,
      limits: { requestsPerMinute: null, tokensPerMinute: null, concurrentCalls: null },
    },
    client: { sessionId: session, agentId: null, parentAgentId: null, app: "cli" },
    askedModel: model,
    plan: { rule: "default", reason: "as asked", targets: [{ ...target, reason: "as asked" }] },
    attempts: [
      {
        target,
        credential: "key-1",
        startedAfterMs: 1,
        durationMs: 1230,
        status: 200,
        errorCode: null,
        message: null,
      },
    ],
    target,
    answeredModel: model,
    isStreaming: true,
    status: outcome === "success" ? 200 : 502,
    outcome,
    errorCode: outcome === "error" ? "provider_failed" : null,
    errorMessage: null,
    stopReason: outcome === "success" ? "end_turn" : null,
    usage: {
      uncachedInput: 120,
      cacheRead: 40_000,
      cacheWrite5m: 300,
      cacheWrite1h: 0,
      output: 800,
      reasoning: 200,
      serverToolRequests: 0,
    },
    isUsageEstimated: false,
    cost: {
      nanoUsd: costNanoUsd,
      prices: {
        uncachedInput: 2_000_000,
        cacheRead: 200_000,
        cacheWrite5m: 2_500_000,
        cacheWrite1h: 4_000_000,
        output: 10_000_000,
        serverToolRequest: 10_000_000,
        source: "catalog",
        listedAs: `anthropic/${model}`,
      },
    },
    savings: { answerCache: 0, promptCache: 72_000_000, routing: 0 },
    cacheStatus: "miss",
    requestBytes: 150_000,
    answerBytes: 5_000,
    notes: [],
  };
}
