/** Holds the money of a call before it goes out, or refuses it in the words that Claude Code prints. */
import { GatewayError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import type { NanoUsd } from "../core/money.ts";
import type { CostRange } from "../costs/expected-cost.ts";
import { costRangeOf } from "../costs/expected-cost.ts";
import type { BucketState } from "../costs/budgets/budget-store.ts";
import type { BudgetTicket } from "../costs/budgets/budget-verdict.ts";
import type { BudgetSubject } from "../costs/budgets/caps.ts";
import { refusalHeaders, spendHeaders, unreadableHeaders } from "../costs/budgets/spend-headers.ts";
import type { Caller } from "../core/caller.ts";
import type { Target } from "../core/target.ts";
import type { Gateway } from "./gateway.ts";
import type { PlannedCall, ReadCall } from "./open-calls.ts";
import type { CallRequest } from "./read-call.ts";

export interface HeldBudget {
  readonly ticket: BudgetTicket;
  /** Held besides, for targets that may cost more than the first. */
  readonly more: readonly BudgetTicket[];
  /** For the answer, where the caller has a cap. */
  readonly headers: Readonly<Record<string, string>>;
  /** The caller's caps after the hold. */
  readonly states: readonly BucketState[];
}

/** Output tokens that are taken as the worst case where a request names no limit. */
const unstatedOutputTokens = 8192;

const noRange: CostRange = { leastNanoUsd: 0, mostNanoUsd: 0 };

/** Throws GatewayError `policy_budget_exceeded`, `policy_budget_held` or `dependency_budget_unreadable`. */
export function holdBudget(gateway: Gateway, call: PlannedCall): Promise<HeldBudget> {
  const range = gateway.budgets.isUncapped() ? noRange : rangeOf(gateway, call, call.plan.targets[0]!);
  return hold(gateway, call, call.id, range);
}

/**
 * Before a target behind the first is asked: holds by how much it may cost more than what is held. Throws as `holdBudget`;
 * what was held stays so.
 */
export async function holdMore(gateway: Gateway, call: ReadCall, target: Target): Promise<void> {
  const { held } = call;
  if (held === null || gateway.budgets.isUncapped()) return;
  const earlierNanoUsd = [held.ticket, ...held.more].reduce((sum, ticket) => sum + ticket.heldNanoUsd, 0);
  const range = rangeOf(gateway, call, target);
  if (range.mostNanoUsd <= earlierNanoUsd) return;
  const callId = `${call.id}+${held.more.length + 1}`;
  const { ticket, headers, states } = await hold(gateway, call, callId, range, earlierNanoUsd);
  if (ticket.hadHold) call.held = { ...held, more: [...held.more, ticket], headers, states };
}

async function hold(
  gateway: Gateway,
  call: ReadCall,
  callId: string,
  range: CostRange,
  earlierNanoUsd?: NanoUsd,
): Promise<HeldBudget> {
  const { budgets, budgetThresholds } = gateway;
  const startedAt = gateway.clock.monotonicMs();
  const verdict = await budgets.hold({
    callId,
    subject: subjectOf(call.caller, call.request.askedModel),
    atMs: call.startedAtMs,
    range,
    ...(earlierNanoUsd === undefined ? {} : { earlierNanoUsd }),
    patienceMs: call.storePatienceMs,
  });
  call.storePatienceMs = Math.max(0, call.storePatienceMs - (gateway.clock.monotonicMs() - startedAt));
  if (verdict.kind === "held")
    return {
      ticket: verdict.ticket,
      more: [],
      headers: spendHeaders(verdict.states, budgetThresholds),
      states: verdict.states,
    };
  if (verdict.kind === "refused") {
    gateway.budgetUse.observe(verdict.refusal.fullStates);
    const code = verdict.refusal.isForHeldMoney ? "policy_budget_held" : "policy_budget_exceeded";
    throw new GatewayError(code, verdict.refusal.message, {
      headers: refusalHeaders(verdict.refusal),
    });
  }
  const message = "the budget store cannot be read, and budgets.onStoreFailure is closed; try again later";
  throw new GatewayError("dependency_budget_unreadable", message, { headers: unreadableHeaders() });
}

/** Whose money a caller spends. */
export function subjectOf({ user, team, tier, keyId }: Caller, askedModel: string): BudgetSubject {
  return { user, team, tier, keyId, askedModel };
}

function rangeOf(gateway: Gateway, call: ReadCall, target: Target): CostRange {
  const { request, features } = call;
  const inputTokens = features.inputTokens();
  const prices = gateway.priceBook.pricesFor(target, call.startedAtMs, inputTokens);
  return costRangeOf(inputTokens, mostOutputTokens(request), prices);
}

/** Of two limits the higher one, as providers differ in which they follow; for each of the answers that are asked for. */
function mostOutputTokens(request: CallRequest): number {
  const limits = [request.field("max_tokens"), request.field("max_completion_tokens")].filter(isLimit);
  const each = limits.length === 0 ? unstatedOutputTokens : Math.max(...limits);
  const answers = request.field("n");
  return Math.min(Number.MAX_SAFE_INTEGER, isLimit(answers) && answers > 1 ? each * answers : each);
}

function isLimit(value: JsonValue | undefined): value is number {
  return typeof value === "number" && value >= 0;
}
