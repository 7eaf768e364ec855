/**
 * What a finished call is charged: which target worked for it, how much, at which prices.
 *
 * The provider's counts where its answer came to its end. A stream that was cut or that the client left has counts of
 * its beginning at best, and some providers leave a prompt or an output uncounted: what is not counted is estimated, and
 * the record says so. A client that leaves before the answer begins pays for its prompt, which the provider has read,
 * unless the request was not out yet. Counting tokens costs nothing.
 */
import type { KeptFacts } from "../cache/answer-store.ts";
import { isServedByCache } from "../core/record.ts";
import type { AppliedPrices, CallCost, CallSavings } from "../core/record.ts";
import { isSameTarget } from "../core/target.ts";
import type { Target } from "../core/target.ts";
import type { Usage } from "../core/usage.ts";
import { ownUsage, promptLength, totalInput, zeroUsage } from "../core/usage.ts";
import { costOfUsage } from "../costs/cost-of-usage.ts";
import type { PriceBook } from "../costs/prices/price-book.ts";
import { pricesOfUsage } from "../costs/prices/prices-of-usage.ts";
import { savingsOf } from "../costs/savings.ts";
import type { AnswerFacts } from "../dialects/answer-facts.ts";
import { estimateBodyTokens } from "../optimization/estimate-body-tokens.ts";
import type { OpenCall } from "./open-call.ts";

export interface Charge {
  /** The target that served the call; null if none did. */
  readonly target: Target | null;
  readonly usage: Usage | null;
  readonly serviceTier?: string;
  readonly isUsageEstimated: boolean;
  readonly cost: CallCost | null;
  readonly savings?: CallSavings;
}

/** Characters of an answer that make a token, for answers without counts. */
const charactersPerToken = 3.6;

/** The charge for `call`, which is over. */
export function chargeCall(call: OpenCall, facts: AnswerFacts, priceBook: PriceBook): Charge {
  const target = targetOf(call);
  const nothing = { usage: null, isUsageEstimated: false, cost: null };
  if (target === null || call.endpoint === "count-tokens") return { target, ...nothing };
  if (isServedByCache(call)) return chargeNothing(call, target, facts, priceBook);
  const isWhole = facts.isComplete || call.pump?.relay.isStreaming === false;
  const counted = isWhole && isCounted(facts) ? facts.usage : null;
  const usage = counted ?? estimateUsage(call, target, facts, isWhole && facts.isOutputCounted);
  const { serviceTier } = facts;
  const prices = pricesOfUsage(priceBook, { target, atMs: call.startedAtMs, usage, serviceTier });
  const savings = savingsOf({
    usage,
    prices,
    cacheStatus: call.cacheStatus,
    unroutedPrices: unroutedPricesOf(call, target, usage, prices, priceBook),
  });
  const hasSavings = savings.promptCache !== 0 || savings.routing !== 0;
  return {
    target,
    usage,
    ...(serviceTier === null ? {} : { serviceTier }),
    isUsageEstimated: counted === null,
    cost: costOfUsage(usage, prices),
    ...(hasSavings ? { savings } : {}),
  };
}

/** What the same answer would have cost is saved; a part of one tells no price. */
function chargeNothing(call: OpenCall, target: Target, facts: AnswerFacts, priceBook: PriceBook): Charge {
  const served = call.kept?.facts ?? joinedFactsOf(call, target, facts);
  const { usage, isUsageEstimated, serviceTier = null } = served;
  if (usage === null) return { target, usage, isUsageEstimated, cost: null };
  const prices = pricesOfUsage(priceBook, { target, atMs: call.startedAtMs, usage, serviceTier });
  const savings = savingsOf({ usage, prices, cacheStatus: call.cacheStatus, unroutedPrices: null });
  const tier = serviceTier === null ? {} : { serviceTier };
  return { target, usage, ...tier, isUsageEstimated, cost: { nanoUsd: 0, prices }, savings };
}

/** An answer without counts is estimated as that of the call which paid for it. */
function joinedFactsOf(call: OpenCall, target: Target, facts: AnswerFacts): JoinedFacts {
  const { serviceTier } = facts;
  if (!facts.isComplete) return { usage: null, isUsageEstimated: false };
  if (isCounted(facts)) return { usage: facts.usage, isUsageEstimated: false, serviceTier };
  return { usage: estimateUsage(call, target, facts, facts.isOutputCounted), isUsageEstimated: true, serviceTier };
}

type JoinedFacts = Pick<KeptFacts, "usage" | "isUsageEstimated" | "serviceTier">;

function targetOf(call: OpenCall): Target | null {
  const { prepared, pump, error, attempts } = call;
  if (prepared === null) return null;
  const { provider, model } = prepared.target;
  if (pump !== null) return { provider, model };
  const last = attempts.at(-1);
  const hasLeftWhileAsked =
    error?.code === "caller_gone" && last?.errorCode === "caller_gone" && last.isUnsent !== true;
  const hasRefused = (last?.status ?? 200) >= 300;
  return hasLeftWhileAsked && !hasRefused ? { provider, model } : null;
}

/** Whether a whole answer's counts may be charged: no prompt is empty, and an output that came was not for nothing. */
function isCounted({ usage, isOutputCounted, outputCharacters }: AnswerFacts): boolean {
  return usage !== null && totalInput(usage) > 0 && (isOutputCounted || outputCharacters === 0);
}

/** What was sent and what came of the answer, each as the provider counted it or as the router guesses. */
function estimateUsage(call: OpenCall, target: Target, facts: AnswerFacts, isOutputCounted: boolean): Usage {
  const usage = facts.usage ?? zeroUsage;
  const seen = Math.ceil(facts.outputCharacters / charactersPerToken);
  const output = isOutputCounted ? usage.output : Math.max(usage.output, seen);
  if (totalInput(usage) > 0) return { ...usage, output };
  return { ...usage, uncachedInput: estimateBodyTokens(call.request?.bytes ?? Buffer.alloc(0), target.model), output };
}

/**
 * null where cost-aware routing changed nothing, also since the target that it put back was asked in vain or passed over:
 * no other order had brought an answer from there. Further models would have been called by any target.
 */
function unroutedPricesOf(
  { plan, startedAtMs, attempts, passedOver = [] }: OpenCall,
  target: Target,
  usage: Usage,
  { furtherModels }: AppliedPrices,
  priceBook: PriceBook,
): AppliedPrices | null {
  const unrouted = plan?.unrouted;
  if (unrouted === undefined || isSameTarget(unrouted, target)) return null;
  if ([...attempts, ...passedOver].some((turn) => isSameTarget(turn.target, unrouted))) return null;
  const prices = priceBook.pricesFor(unrouted, startedAtMs, promptLength(ownUsage(usage)));
  return furtherModels === undefined ? prices : { ...prices, furtherModels };
}
