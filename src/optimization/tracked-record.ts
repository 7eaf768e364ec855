/** A call's record for a cost that a library user tells by hand: no call went through the router. */
import { noLimits } from "../core/caller.ts";
import type { NanoUsd } from "../core/money.ts";
import type { CallRecord } from "../core/record.ts";
import type { BudgetSubject } from "../costs/budgets/caps/caps.ts";
import type { CostContext } from "./cost-optimizer-types.ts";

export interface TrackedCost {
  readonly id: string;
  readonly atMs: number;
  readonly subject: BudgetSubject;
  readonly provider: string;
  readonly model: string;
  readonly costNanoUsd: NanoUsd;
  readonly context: CostContext;
}

/** Prices are not known, the amount is: no usage, so that nobody prices it again. */
const untold = {
  uncachedInput: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  serverToolRequest: 0,
  source: "configuration",
} as const;

/** The record, for the ledger. */
export function toTrackedRecord({ id, atMs, subject, provider, model, costNanoUsd, context }: TrackedCost): CallRecord {
  const { user, team, tier, keyId, askedModel } = subject;
  return {
    id,
    startedAtMs: atMs,
    durationMs: 0,
    firstByteMs: null,
    providerMs: 0,
    endpoint: "messages",
    dialect: "anthropic-messages",
    caller: { user, team, tier, keyId, allowedModels: null, limits: noLimits },
    client: { sessionId: null, agentId: null, parentAgentId: null, app: null },
    askedModel,
    plan: null,
    attempts: [],
    target: { provider, model },
    answeredModel: null,
    isStreaming: false,
    status: 200,
    outcome: "success",
    errorCode: null,
    errorMessage: null,
    stopReason: null,
    usage: null,
    isUsageEstimated: false,
    cost: { nanoUsd: costNanoUsd, prices: untold },
    cacheStatus: context.cacheHit ? "hit" : "bypass",
    requestBytes: 0,
    answerBytes: 0,
    notes: ["the cost was told, not measured", `tokens: ${context.tokenCount}`, `request type: ${context.requestType}`],
  };
}
