/** Keeps the answer of a call that asked a provider, if it is complete and a success; tells those who joined what became of it. */
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { CallRecord } from "../../core/record.ts";
import { isSameTarget } from "../../core/target.ts";
import type { AnswerFacts } from "../../dialects/answer-facts.ts";
import type { AnswerCaching, CacheLead } from "../answer-caching.ts";
import type { OpenCall, PlannedCall } from "../open-call.ts";
import type { TargetsOutcome } from "../attempt/attempt-outcome.ts";

/** Tells those who joined how the call's provider has answered. */
export function tellFlight(call: OpenCall, outcome: TargetsOutcome): void {
  const flight = call.lead?.flight;
  if (flight === undefined) return;
  if (outcome.kind === "failed") {
    const { error, original } = outcome;
    flight.tell({ kind: "failed", failure: { error, original, dialect: call.dialect } });
    return;
  }
  const { prepared, pump } = outcome.served;
  const { deadlineAt, answerCreatedAtMs: createdAtMs } = call;
  const { hide, relay } = pump;
  flight.tell({ kind: "served", served: { prepared, hide, isStream: relay.isStreamed, deadlineAt, createdAtMs } });
}

/** Keeps it, where it is one to be kept. */
export function keepAnswer(
  caching: AnswerCaching,
  call: OpenCall,
  record: CallRecord,
  facts: AnswerFacts,
  nowMs: number,
): void {
  const { lead, pump } = call;
  if (lead === null || lead.epoch !== caching.cache.epoch || !isSuccess(call, lead, record)) return;
  if (pump === null) return; // its client left while it was tried again: what the flight has is a failed try's
  const whole = lead.flight.whole();
  if (whole === null || whole.head.status !== 200) return;
  const isStream = pump.relay.isStreamed;
  if (!isComplete(call, facts, whole.body)) return;
  const { answeredModel, answerId, stopReason, serviceTier, outputCharacters } = facts;
  const { usage, isUsageEstimated, caller, askedModel, endpoint } = record;
  caching.cache.store.keep(
    lead.key,
    {
      target: record.target!,
      dialect: call.prepared!.dialect,
      endpoint,
      isStream,
      body: whole.body,
      facts: { answeredModel, answerId, stopReason, usage, isUsageEstimated, serviceTier, outputCharacters },
      pace: isStream ? whole.pace : [],
      keptAtMs: nowMs,
      user: caller.user,
      askedModel,
    },
    nowMs,
    lead.ttlMs,
  );
}

/** A count of the router's own in place of a provider's that cannot be had now is good for so long. */
const standInTtlMs = 5_000;

/** Keeps the router's own count of tokens. */
export function keepCount({ cache }: AnswerCaching, call: PlannedCall, body: Uint8Array, nowMs: number): void {
  const { lead } = call;
  if (lead === null || lead.epoch !== cache.epoch) return;
  const kept = Buffer.allocUnsafeSlow(body.byteLength);
  kept.set(body);
  const { provider, model } = call.plan.targets[0]!;
  const isStandIn = call.prepared !== null;
  cache.store.keep(
    lead.key,
    {
      target: { provider, model },
      dialect: call.dialect,
      endpoint: call.endpoint,
      isStream: false,
      body: kept,
      facts: noFacts,
      pace: [],
      keptAtMs: nowMs,
      user: call.caller.user,
      askedModel: call.request.askedModel,
    },
    nowMs,
    isStandIn ? standInTtlMs : lead.ttlMs,
  );
}

const noFacts = {
  answeredModel: null,
  answerId: null,
  stopReason: null,
  usage: null,
  isUsageEstimated: true,
  outputCharacters: 0,
};

/** The first target's own answer: another one's would stand in for it when it is well again. */
function isSuccess(call: OpenCall, lead: CacheLead, { outcome, target, plan }: CallRecord): boolean {
  const isServed = outcome === "success" || (lead.hasLeft && call.error?.code === "caller_gone");
  const first = plan?.targets[0];
  return isServed && target !== null && first !== undefined && isSameTarget(target, first);
}

/** Ends after which it is worth asking again: a refusal is a matter of chance, a paused turn goes on. */
const passingReasons: ReadonlySet<string> = new Set(["refusal", "content_filter", "pause_turn"]);

function isComplete(call: OpenCall, facts: AnswerFacts, body: Buffer): boolean {
  const { stopReason } = facts;
  if (call.endpoint !== "count-tokens") {
    return facts.isComplete && facts.error === null && stopReason !== null && !passingReasons.has(stopReason);
  }
  const counted = parseJson(body.toString());
  return isJsonObject(counted) && typeof counted.input_tokens === "number";
}
