/**
 * Settles a call: makes its record, the one account of what happened; everything else derives from that.
 *
 * Called exactly once a call, however it ended.
 */
import { stranger } from "../core/caller.ts";
import type { GatewayError } from "../core/errors/errors.ts";
import { isServedByCache } from "../core/record.ts";
import type { CallRecord, Outcome } from "../core/record.ts";
import { releaseBytes } from "../core/release-bytes.ts";
import { isSameTarget } from "../core/target.ts";
import { toMicrosecond } from "../core/time/durations.ts";
import { totalInput } from "../core/usage.ts";
import type { PriceBook } from "../costs/prices/price-book.ts";
import type { AnswerFacts } from "../dialects/answer-facts.ts";
import { emptyFacts } from "../dialects/answer-facts.ts";
import { overheadMs } from "./answer-headers.ts";
import type { AnswerCaching } from "./answer-caching.ts";
import { chargeCall } from "./charge-call.ts";
import type { Gateway } from "./gateway.ts";
import { keepAnswer } from "./kept/keep-answer.ts";
import type { OpenCall } from "./open-call.ts";

const noClient = { sessionId: null, agentId: null, parentAgentId: null, app: null };

/** Closes the call, swaps its hold for the cost, and tells whoever derives something from the record. */
export function settleCall(gateway: Gateway, call: OpenCall): void {
  gateway.openCalls.close(call);
  let record: CallRecord | null = null;
  try {
    record = toCallRecord(call, call.exchange.status, gateway.priceBook, gateway.clock.monotonicMs());
    tellSinks(gateway, record);
    rememberSession(gateway, call, record);
  } finally {
    // A defect that costs a record must not cost places and money that nobody would ever give back.
    giveBack(gateway, call, record);
  }
  rememberThinking(gateway, call);
  releaseSent(call, record);
  tell(gateway, record, () => gateway.answerSink(record, factsOf(call), call.request));
  if (gateway.caching !== null) tellCache(gateway, gateway.caching, call, record);
}

/** Leaves the call's limits and settles its hold. Without a record no ledger has a cost of it: so has no budget. */
function giveBack(
  { limits, budgets, budgetUse, remainingShares, clock }: Gateway,
  call: OpenCall,
  record: CallRecord | null,
): void {
  const { limited, held } = call;
  if (limited !== null) {
    const usage = isServedByCache(call) ? null : (record?.usage ?? null);
    limits.leave(limited.entry, usage === null ? 0 : totalInput(usage) + usage.output, clock.nowMs());
  }
  if (held !== null) {
    // Behind the ledger: a process that dies in between may owe a budget what the ledger has, never the other way round.
    void budgets.settle(held.ticket, record?.cost?.nanoUsd ?? 0);
    for (const ticket of held.more) void budgets.settle(ticket, 0);
    budgetUse.observe(held.states);
    remainingShares.observe(held.ticket.call.subject, held.states);
  }
}

/**
 * Where the session's next call goes. A count of tokens says nothing: no prompt is warm where it came from. Nor does a call
 * that the targets before could not be asked and nothing failed: the next one may ask for what they can do.
 */
function rememberSession({ affinity }: Gateway, { kept }: OpenCall, record: CallRecord): void {
  const { endpoint, outcome, target, plan, client, passedOver } = record;
  if (endpoint === "count-tokens" || outcome !== "success" || kept !== null) return;
  if (target === null || plan === null || client.sessionId === null) return;
  const isFirstSuited = passedOver !== undefined && isSameTarget(target, plan.targets[0]!);
  if (!isFirstSuited) affinity?.remember(client.sessionId, plan.rule, target);
}

function tellCache(gateway: Gateway, caching: AnswerCaching, call: OpenCall, record: CallRecord): void {
  const { cacheStatus, savings } = record;
  if (cacheStatus === "hit" || cacheStatus === "joined")
    caching.cache.countServed(cacheStatus, savings?.answerCache ?? 0);
  if (call.lead !== null)
    tell(gateway, record, () => keepAnswer(caching, call, record, factsOf(call), gateway.clock.nowMs()));
}

/** A kept answer was remembered when it came. */
function rememberThinking({ thinkingSigners }: Gateway, { prepared, pump, kept }: OpenCall): void {
  const signer = prepared?.signer ?? null;
  if (signer === null || pump === null || kept !== null) return;
  thinkingSigners.remember(signer, pump.relay.facts().thinkingMarks?.list() ?? []);
}

/** What was made for the provider and is not the client's own bytes. Of a call that failed, it may still be on its way. */
function releaseSent({ prepared, request }: OpenCall, { outcome }: CallRecord): void {
  if (outcome === "success" && prepared !== null && prepared.body !== request?.bytes) releaseBytes(prepared.body);
}

function tellSinks(gateway: Gateway, record: CallRecord): void {
  for (const sink of gateway.recordSinks) tell(gateway, record, () => sink(record));
}

/** A defect in one listener must not keep the record from the others. */
function tell(gateway: Gateway, record: CallRecord, listen: () => void): void {
  try {
    listen();
  } catch (error) {
    gateway.logger.error({ call: record.id, err: error }, "a listener to finished calls failed");
  }
}

/** The record of a call that is over. `now` on the monotonic clock. */
function toCallRecord(call: OpenCall, status: number, priceBook: PriceBook, now: number): CallRecord {
  const facts = factsOf(call);
  const charge = chargeCall(call, facts, priceBook);
  const durationMs = now - call.startedAt;
  return {
    id: call.id,
    startedAtMs: call.startedAtMs,
    durationMs: toMicrosecond(durationMs),
    firstByteMs: call.headSentAt === null ? null : toMicrosecond(call.headSentAt - call.startedAt),
    providerMs: toMicrosecond(Math.max(0, durationMs - overheadMs(call, call.headSentAt ?? now))),
    endpoint: call.endpoint,
    dialect: call.dialect,
    caller: call.caller ?? stranger,
    client: call.features?.client ?? noClient,
    askedModel: call.request?.askedModel ?? "",
    plan: call.plan,
    attempts: call.attempts,
    passedOver: call.passedOver,
    ...charge,
    answeredModel: facts.answeredModel,
    isStreaming: call.pump?.relay.isStreaming ?? call.request?.isStreaming ?? false,
    status,
    outcome: outcomeOf(call.error, call.headSentAt !== null),
    errorCode: call.error?.code ?? null,
    errorMessage: call.error?.message ?? null,
    stopReason: facts.stopReason,
    cacheStatus: call.cacheStatus,
    requestBytes: call.request?.bytes.length ?? 0,
    answerBytes: call.exchange.bytesWritten,
    notes: call.prepared?.notes ?? [],
    traceParent: call.traceParent ?? undefined,
    steps: call.steps,
  };
}

function factsOf(call: OpenCall): AnswerFacts {
  return call.pump?.relay.facts() ?? emptyFacts;
}

function outcomeOf(error: GatewayError | null, hasBegun: boolean): Outcome {
  if (error === null) return "success";
  if (error.code === "caller_gone") return "aborted";
  return hasBegun ? "cut" : "error";
}
