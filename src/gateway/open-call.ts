/** What is known of a call while it runs. */
import type { BagItem } from "../core/collections/bag.ts";
import type { Caller } from "../core/caller.ts";
import type { Clock } from "../core/time/clock.ts";
import type { Dialect } from "../core/dialect.ts";
import type { GatewayError } from "../core/errors/errors.ts";
import { createCallId } from "../core/ids.ts";
import type { AttemptRecord, CacheStatus, Endpoint, PassedOver, StepRecord, TraceParent } from "../core/record.ts";
import type { Plan } from "../core/target.ts";
import { parseTraceparent } from "../monitoring/tracing/traceparent.ts";
import type { KeptAnswer } from "../cache/answer-store.ts";
import type { Audience, CacheLead } from "./answer-caching.ts";
import type { AnswerPump } from "./answer/answer-pump.ts";
import type { CallFeatures } from "./request/call-features.ts";
import type { EnteredLimits } from "./limits/enter-limits.ts";
import type { Exchange } from "./request/exchange.ts";
import type { HeldBudget } from "./limits/hold-budget.ts";
import type { PreparedRequest } from "./prepare/prepare-request.ts";
import type { CallRequest } from "./request/read-call.ts";
import { storePatienceMs } from "./limits/store-patience.ts";

/** Each step of serve-call.ts adds its result. */
export interface OpenCall extends BagItem {
  readonly id: string;
  readonly exchange: Exchange;
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  readonly startedAtMs: number;
  /** On the monotonic clock, as all that follow. */
  readonly startedAt: number;
  /** The client's place in its own trace; null where it sent none. */
  readonly traceParent: TraceParent | null;
  /** The steps that are over, in order; attempts are listed by themselves. */
  readonly steps: StepRecord[];
  /** When the last step or attempt was over, and so the next one began. */
  stepAt: number;
  /** Size of the heap then, for the few calls for which it is read. */
  heapBytes: number | null;
  caller: Caller | null;
  request: CallRequest | null;
  features: CallFeatures | null;
  plan: Plan | null;
  /** Its place under limits; null where none apply. */
  limited: EnteredLimits | null;
  /** How long it may still wait for shared stores. */
  storePatienceMs: number;
  /** Whether the answer cache is on: the answer says what it did then. */
  isCacheOn: boolean;
  cacheStatus: CacheStatus;
  /** The kept answer that serves the call; null where none does. */
  kept: KeptAnswer | null;
  /** What others may have of its provider's answer; null where nobody may. */
  lead: CacheLead | null;
  /** Who waits for its answer. */
  audience: Audience;
  held: HeldBudget | null;
  readonly attempts: AttemptRecord[];
  passedOver: readonly PassedOver[] | undefined;
  /** The request at the target that serves the call. */
  prepared: PreparedRequest | null;
  pump: AnswerPump | null;
  /** Ends the wait for an answer that will not come, since the client has left, the router stops or time is over. */
  abandon: (() => void) | null;
  /** Why the router itself ends this call; no target is tried any more. */
  cutBy: GatewayError | null;
  firstSentAt: number | null;
  answeredAt: number | null;
  headSentAt: number | null;
  /** What a translated answer says of its own age: the same to all who share it. */
  answerCreatedAtMs: number;
  deadlineAt: number;
  error: GatewayError | null;
}

/** A call whose request has been read. */
export interface ReadCall extends OpenCall {
  caller: Caller;
  request: CallRequest;
  features: CallFeatures;
}

/** A call that knows where it goes. */
export interface PlannedCall extends ReadCall {
  plan: Plan;
}

/**
 * Says how the call's present wait is given up.
 *
 * V8 puts a function that is written where it is assigned to a property (`call.abandon = () => …`) among the old objects at
 * once. There it keeps its whole call alive until a full collection, though the call is over (measured: 30 % of
 * what calls allocate in place of 0.2 %). One that comes as an argument is born young.
 */
export function setAbandon(call: OpenCall, abandon: () => void): void {
  call.abandon = abandon;
}

/** A call that begins now, with nothing known of it yet. */
export function newCall(exchange: Exchange, endpoint: Endpoint, dialect: Dialect, clock: Clock): OpenCall {
  const startedAt = clock.monotonicMs();
  const startedAtMs = clock.nowMs();
  return {
    slot: -1,
    id: createCallId(startedAtMs),
    exchange,
    endpoint,
    dialect,
    startedAtMs,
    startedAt,
    traceParent: parseTraceparent(exchange.header("traceparent")),
    steps: [],
    stepAt: startedAt,
    heapBytes: null,
    caller: null,
    request: null,
    features: null,
    plan: null,
    isCacheOn: false,
    cacheStatus: "bypass",
    kept: null,
    lead: null,
    audience: exchange,
    held: null,
    limited: null,
    storePatienceMs,
    attempts: [],
    passedOver: undefined,
    prepared: null,
    pump: null,
    abandon: null,
    cutBy: null,
    firstSentAt: null,
    answeredAt: null,
    headSentAt: null,
    answerCreatedAtMs: startedAtMs,
    deadlineAt: Number.POSITIVE_INFINITY,
    error: null,
  };
}
