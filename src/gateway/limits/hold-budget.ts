/** Holds the money of a call before it goes out, or refuses it in the words that Claude Code prints. */
import type { Caller } from "../../core/caller.ts";
import type { Clock } from "../../core/time/clock.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import type { JsonValue } from "../../core/json/json.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { Plan, Target } from "../../core/target.ts";
import type { CostRange } from "../../costs/expected-cost.ts";
import { costRangeOf } from "../../costs/expected-cost.ts";
import type { BucketState } from "../../costs/budgets/store/budget-store.ts";
import type { BudgetTicket, BudgetVerdict } from "../../costs/budgets/budget-verdict.ts";
import type { BudgetThresholds } from "../../costs/budgets/announcing/budget-events.ts";
import type { Budgets } from "../../costs/budgets/budgets.ts";
import type { BudgetSubject } from "../../costs/budgets/caps/caps.ts";
import { refusalHeaders, spendHeaders, unreadableHeaders } from "../../costs/budgets/spend-headers.ts";
import type { PriceBook } from "../../costs/prices/price-book.ts";
import type { BudgetUse } from "../../monitoring/budget-use.ts";
import type { CallFeatures } from "../request/call-features.ts";
import type { CallRequest } from "../request/read-call.ts";
import type { Patience } from "./store-patience.ts";
import { spendPatience } from "./store-patience.ts";

export interface HeldBudget {
  readonly ticket: BudgetTicket;
  /** Held besides, for targets that may cost more than the first. */
  readonly more: readonly BudgetTicket[];
  /** For the answer, where the caller has a cap. */
  readonly headers: Readonly<Record<string, string>>;
  /** The caller's caps after the hold. */
  readonly states: readonly BucketState[];
}

type Payer = Pick<Caller, "user" | "team" | "tier" | "keyId">;

interface Purse {
  readonly clock: Clock;
  readonly priceBook: PriceBook;
  readonly budgets: Pick<Budgets, "hold" | "isUncapped">;
  readonly budgetThresholds: BudgetThresholds;
  readonly budgetUse: Pick<BudgetUse, "observe">;
}

interface PayingCall extends Patience {
  readonly id: string;
  readonly startedAtMs: number;
  readonly caller: Payer;
  readonly request: Pick<CallRequest, "askedModel" | "field">;
  readonly features: Pick<CallFeatures, "inputTokens">;
  held: HeldBudget | null;
}

/** Output tokens that are taken as the worst case where a request names no limit. */
const unstatedOutputTokens = 8192;

const noRange: CostRange = { leastNanoUsd: 0, mostNanoUsd: 0 };

/** Throws GatewayError `policy_budget_exceeded`, `policy_budget_held` or `dependency_budget_unreadable`. At once where nobody is asked. */
export function holdBudget(
  purse: Purse,
  call: PayingCall & { readonly plan: Pick<Plan, "targets"> },
): HeldBudget | Promise<HeldBudget> {
  const range = purse.budgets.isUncapped() ? noRange : rangeOf(purse, call, call.plan.targets[0]!);
  return hold(purse, call, call.id, range);
}

/**
 * Before a target behind the first is asked: holds by how much it may cost more than what is held. Throws as `holdBudget`;
 * what was held stays so.
 */
export async function holdMore(purse: Purse, call: PayingCall, target: Target): Promise<void> {
  const { held } = call;
  if (held === null || purse.budgets.isUncapped()) return;
  const earlierNanoUsd = [held.ticket, ...held.more].reduce((sum, ticket) => sum + ticket.heldNanoUsd, 0);
  const range = rangeOf(purse, call, target);
  if (range.mostNanoUsd <= earlierNanoUsd) return;
  const callId = `${call.id}+${held.more.length + 1}`;
  const { ticket, headers, states } = await hold(purse, call, callId, range, earlierNanoUsd);
  if (ticket.hadHold) call.held = { ...held, more: [...held.more, ticket], headers, states };
}

function hold(
  purse: Purse,
  call: PayingCall,
  callId: string,
  range: CostRange,
  earlierNanoUsd?: NanoUsd,
): HeldBudget | Promise<HeldBudget> {
  const holding = purse.budgets.hold({
    callId,
    subject: subjectOf(call.caller, call.request.askedModel),
    atMs: call.startedAtMs,
    range,
    ...(earlierNanoUsd === undefined ? {} : { earlierNanoUsd }),
    patienceMs: call.storePatienceMs,
  });
  if (!(holding instanceof Promise)) return heldBy(purse, holding);
  return spendPatience(call, purse.clock, holding).then((verdict) => heldBy(purse, verdict));
}

function heldBy({ budgetThresholds, budgetUse }: Purse, verdict: BudgetVerdict): HeldBudget {
  if (verdict.kind === "held")
    return {
      ticket: verdict.ticket,
      more: [],
      headers: spendHeaders(verdict.states, budgetThresholds),
      states: verdict.states,
    };
  if (verdict.kind === "refused") {
    budgetUse.observe(verdict.refusal.fullStates);
    const code = verdict.refusal.isForHeldMoney ? "policy_budget_held" : "policy_budget_exceeded";
    throw new GatewayError(code, verdict.refusal.message, {
      headers: refusalHeaders(verdict.refusal),
    });
  }
  const message = "the budget store cannot be read, and budgets.onStoreFailure is closed; try again later";
  throw new GatewayError("dependency_budget_unreadable", message, { headers: unreadableHeaders() });
}

/** Whose money a caller spends. */
export function subjectOf({ user, team, tier, keyId }: Payer, askedModel: string): BudgetSubject {
  return { user, team, tier, keyId, askedModel };
}

function rangeOf(purse: Purse, call: PayingCall, target: Target): CostRange {
  const { request, features } = call;
  const inputTokens = features.inputTokens();
  const prices = purse.priceBook.pricesFor(target, call.startedAtMs, inputTokens);
  return costRangeOf(inputTokens, mostOutputTokens(request), prices);
}

/** Of two limits the higher one, as providers differ in which they follow; for each of the answers that are asked for. */
function mostOutputTokens(request: PayingCall["request"]): number {
  const limits = [request.field("max_tokens"), request.field("max_completion_tokens")].filter(isLimit);
  const each = limits.length === 0 ? unstatedOutputTokens : Math.max(...limits);
  const answers = request.field("n");
  return Math.min(Number.MAX_SAFE_INTEGER, isLimit(answers) && answers > 1 ? each * answers : each);
}

function isLimit(value: JsonValue | undefined): value is number {
  return typeof value === "number" && value >= 0;
}
