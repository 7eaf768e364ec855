/**
 * The calls in flight: how many there are, what each is doing, and who has been silent for too long.
 *
 * One timer serves all calls: a timer of its own for each would be set anew at every piece of every stream.
 */
import { Bag } from "../core/collections/bag.ts";
import type { BagItem } from "../core/collections/bag.ts";
import type { Caller } from "../core/caller.ts";
import { afterReading } from "../core/time/after-reading.ts";
import type { Clock } from "../core/time/clock.ts";
import type { Dialect } from "../core/dialect.ts";
import { GatewayError } from "../core/errors/errors.ts";
import { createCallId } from "../core/ids.ts";
import type { AttemptRecord, CacheStatus, Endpoint, PassedOver, StepRecord, TraceParent } from "../core/record.ts";
import type { Plan } from "../core/target.ts";
import { parseTraceparent } from "../monitoring/tracing/traceparent.ts";
import type { KeptAnswer } from "../cache/answer-store.ts";
import type { Audience, CacheLead } from "./answer-caching.ts";
import type { AnswerPump } from "./answer/answer-pump.ts";
import { createArrivals } from "./limits/arrivals.ts";
import type { Arrivals } from "./limits/arrivals.ts";
import type { CallFeatures } from "./request/call-features.ts";
import { createLateError } from "./answer/early-ends.ts";
import type { EnteredLimits } from "./limits/enter-limits.ts";
import type { Exchange } from "./request/exchange.ts";
import type { HeldBudget } from "./limits/hold-budget.ts";
import type { PreparedRequest } from "./prepare/prepare-request.ts";
import type { CallRequest } from "./request/read-call.ts";
import { createStandstillWatch } from "./standstill-watch.ts";
import { storePatienceMs } from "./limits/store-patience.ts";

/** What is known of a call while it runs. Each step of serve-call.ts adds its result. */
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

export interface OpenCallsSettings {
  readonly maxCalls: number;
  readonly pingAfterMs: number;
}

export interface OpenCalls {
  /** Those whose bodies are on the way. */
  readonly arrivals: Arrivals;
  open(exchange: Exchange, endpoint: Endpoint, dialect: Dialect): OpenCall;
  /** Throws GatewayError `router_overloaded` where more calls are open than may be. */
  refuseOverload(): void;
  close(call: OpenCall): void;
  /** For the operators' API. */
  list(): Iterable<OpenCall>;
  count(): number;
  /** Whether this process stood still while the call was open: what broke then says nothing of its provider. */
  hasStoodStill(call: OpenCall): boolean;
  /** Resolves when no call is left; after `graceMs` those that are left end with `router_shutting_down`. */
  drain(graceMs: number): Promise<void>;
  /** Resolves when the calls that are in flight now are over; later ones do not count. */
  presentOver(): Promise<void>;
  stop(): void;
}

/** For the last words to calls that a stop has cut. */
const cutLimitMs = 1_000;

/** No calls yet. Its timer keeps no process alive; `stop` ends it. */
export function createOpenCalls(settings: OpenCallsSettings, clock: Clock): OpenCalls {
  const calls = new Bag<OpenCall>();
  const roundMs = Math.min(1000, Math.max(5, settings.pingAfterMs / 4));
  const pingRounds = Math.ceil(settings.pingAfterMs / roundMs);
  const standstills = createStandstillWatch(clock);
  const round = (): void => sweep(calls, pingRounds, standstills.look());
  // An answer that came while this process stood still is in time.
  const timer = setInterval(() => afterReading(round), roundMs);
  timer.unref();
  let onEmpty: (() => void) | null = null;
  const watchers = new Set<{ readonly left: Set<OpenCall>; readonly resolve: () => void }>();
  return {
    arrivals: createArrivals(settings.maxCalls),
    open(exchange, endpoint, dialect) {
      const call = newCall(exchange, endpoint, dialect, clock);
      calls.add(call);
      return call;
    },
    refuseOverload() {
      if (calls.size <= settings.maxCalls) return;
      const message = `${settings.maxCalls} calls are in flight, server.maxCalls allows no more`;
      throw new GatewayError("router_overloaded", message, { retryAfterSeconds: 1 });
    },
    close(call) {
      calls.delete(call);
      if (calls.size === 0) onEmpty?.();
      for (const watcher of watchers) {
        watcher.left.delete(call);
        if (watcher.left.size > 0) continue;
        watchers.delete(watcher);
        watcher.resolve();
      }
    },
    list: () => calls.list(),
    count: () => calls.size,
    hasStoodStill: ({ startedAt }) => standstills.hasStoodStillSince(startedAt),
    drain(graceMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      let limit = setTimeout(() => {
        cut(calls);
        // What was cut is told to its client yet: a moment, no more.
        limit = setTimeout(resolve, cutLimitMs);
      }, graceMs);
      onEmpty = () => {
        clearTimeout(limit);
        resolve();
      };
      if (calls.size === 0) onEmpty();
      return promise;
    },
    presentOver() {
      if (calls.size === 0) return Promise.resolve();
      return new Promise((resolve) => void watchers.add({ left: new Set(calls.list()), resolve }));
    },
    stop: () => clearInterval(timer),
  };
}

/** Ends what runs: with an error event where an answer has begun, with an error where none has. */
function cut(calls: Bag<OpenCall>): void {
  for (const call of calls.list()) {
    const error = new GatewayError("router_shutting_down", "the router stopped before this call was complete", {
      retryAfterSeconds: 1,
    });
    call.cutBy = error;
    if (call.pump !== null) call.pump.onError(error);
    else call.abandon?.();
  }
}

function newCall(exchange: Exchange, endpoint: Endpoint, dialect: Dialect, clock: Clock): OpenCall {
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

function sweep(calls: Bag<OpenCall>, pingRounds: number, now: number): void {
  calls.forEach(({ pump, deadlineAt, abandon }) => {
    const isLate = now >= deadlineAt;
    if (pump === null) {
      if (isLate) abandon?.();
      return;
    }
    if (isLate) pump.onError(createLateError());
    pump.silentRounds++;
    if (pump.silentRounds < pingRounds) return;
    pump.silentRounds = 0;
    pump.keepAlive();
  });
}
