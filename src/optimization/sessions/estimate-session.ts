/** The expected costs of a conversation at each candidate, from what is known of it, of the targets and of prices. Pure. */
import type { AppliedPrices } from "../../core/record.ts";
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";
import type { KnownConversation } from "./find-conversation.ts";
import { noPauses, pauseShare } from "./pauses.ts";
import type { PromptCacheRules } from "./prompt-cache-rules.ts";
import type { ConversationState } from "./session-caches.ts";
import { middleTokens, sessionCostAt, ttlOf } from "./session-costs.ts";
import type { ConversationForecast, SessionCost } from "./session-costs.ts";
import { movePolicy } from "./stay-or-move.ts";
import { coldPrefix, warmTokensAt } from "./warm-prefix.ts";

/** What is known of targets, as look-ups: `session-caches.ts`, `token-ratios.ts` and the price book fit. */
export interface TargetKnowledge {
  pricesFor(target: Target, atMs: number, contextTokens: number): AppliedPrices;
  tokensOf(bytes: number, model: string): number;
  rulesOf(target: Target): PromptCacheRules;
  reuseOf(target: Target): number;
}

export interface EstimateInputs extends KnownConversation {
  readonly knowledge: TargetKnowledge;
  readonly requestBytes: number;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** Before a conversation is known: what its calls are taken for, with the weight of so many calls. */
const prior = { growthTokens: 1_500, outputTokens: 500, calls: 4 } as const;

/** Expectations for the conversation, the same at every target. */
function forecastOf({ state, hasSession }: EstimateInputs): ConversationForecast {
  const turns = state?.turns ?? 0;
  return {
    restTurns: hasSession ? movePolicy.restTurns : 0,
    growthTokens: blend(prior.growthTokens, state?.growthTokens ?? 0, state?.growths ?? 0),
    outputTokens: blend(prior.outputTokens, state?.outputTokens ?? 0, turns),
  };
}

/** The costs at each of `targets`, in their order. */
export function estimateSession(targets: readonly Target[], inputs: EstimateInputs): readonly SessionCost[] {
  const forecast = forecastOf(inputs);
  const correction = correctionOf(inputs);
  const { knowledge, state, nowMs } = inputs;
  const writesForAnHour = marksAnHour(state);
  return targets.map((target) => {
    const rules = knowledge.rulesOf(target);
    const prefix = state?.prefixes.get(formatTarget(target)) ?? coldPrefix;
    const inputTokens = Math.round(knowledge.tokensOf(inputs.requestBytes, target.model) * correction);
    const outlook = {
      inputTokens,
      warmTokens: warmTokensAt(prefix, nowMs),
      reuse: knowledge.reuseOf(target),
      writesForAnHour: writesForAnHour && rules.kind === "marked",
      pauseShare: pauseShare(state?.pauses ?? noPauses, ttlOf(rules, writesForAnHour)),
      prices: knowledge.pricesFor(target, nowMs, inputTokens),
      restPrices: knowledge.pricesFor(target, nowMs, middleTokens(inputTokens, forecast)),
    };
    return sessionCostAt(outlook, forecast);
  });
}

/** By how much this conversation's tokens differ from what its bytes make one expect (pictures, other languages). */
function correctionOf({ state, knowledge }: EstimateInputs): number {
  if (state === null || state.lastRequestBytes === 0) return 1;
  return state.lastInputTokens / Math.max(1, knowledge.tokensOf(state.lastRequestBytes, state.lastTarget.model));
}

/** True where the client was seen to mark its prompts for an hour. */
function marksAnHour(state: ConversationState | null): boolean {
  if (state === null) return false;
  for (const prefix of state.prefixes.values()) if (prefix.hourTokens > 0) return true;
  return false;
}

function blend(assumed: number, mean: number, count: number): number {
  return (assumed * prior.calls + mean * count) / (prior.calls + count);
}
