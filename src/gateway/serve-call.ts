/**
 * The life of a call, in the order in which it happens. The only place that knows this order: each step stands in
 * its own file and is called once.
 */
import type { Caller } from "../core/caller.ts";
import type { Dialect } from "../core/dialect.ts";
import { GatewayError, toGatewayError } from "../core/errors/errors.ts";
import type { Endpoint } from "../core/record.ts";
import { reportBrokenAnswer } from "./attempt/admit-attempt.ts";
import { receiveFrom } from "./limits/arrivals.ts";
import { CallFeatures } from "./request/call-features.ts";
import { countTokens } from "./count-tokens.ts";
import { enterLimits } from "./limits/enter-limits.ts";
import type { Exchange } from "./request/exchange.ts";
import { findAnswer } from "./kept/find-answer.ts";
import type { FoundOutcome } from "./kept/find-answer.ts";
import type { Gateway } from "./gateway.ts";
import { tellFlight } from "./kept/keep-answer.ts";
import type { OpenCall, PlannedCall, ReadCall } from "./open-call.ts";
import { holdBudget } from "./limits/hold-budget.ts";
import { loadSession } from "./plan/load-session.ts";
import { prepareFirst } from "./attempt/prepare-first.ts";
import { planCall } from "./plan/plan-call.ts";
import { readCall } from "./request/read-call.ts";
import { sendCallError } from "./send-error.ts";
import { settleCall } from "./settle-call.ts";
import { endStep } from "./step-times.ts";
import type { PumpEnd } from "./answer/answer-pump.ts";
import { streamAnswer } from "./stream-answer.ts";
import type { TargetsOutcome } from "./attempt/attempt-outcome.ts";
import { tryTargets } from "./attempt/try-targets.ts";

/** Serves one call to its end. Never rejects. */
export async function serveCall(
  gateway: Gateway,
  exchange: Exchange,
  endpoint: Endpoint,
  dialect: Dialect,
): Promise<void> {
  const call = gateway.openCalls.open(exchange, endpoint, dialect);
  try {
    gateway.openCalls.refuseOverload();
    const caller = gateway.authenticator.authenticate(exchange, call.startedAtMs);
    call.caller = caller;
    endStep(gateway, call, "authenticate");
    const received = receiveFrom(gateway, call, caller);
    const bytes = received instanceof Promise ? await received : received;
    endStep(gateway, call, "receive");
    read(call, caller, bytes);
    endStep(gateway, call, "read");
    if (endpoint !== "count-tokens") {
      const entering = enterLimits(gateway, call);
      if (entering !== null) await entering;
    }
    const loading = loadSession(gateway, call);
    if (loading !== null) await loading;
    plan(gateway, call);
    endStep(gateway, call, "plan");
    prepareFirst(gateway, call);
    endStep(gateway, call, "prepare");
    const found = gateway.caching === null ? null : await findAnswer(gateway, gateway.caching, call);
    if (gateway.caching !== null) endStep(gateway, call, "find-answer");
    if (found === null && endpoint !== "count-tokens") {
      const holding = holdBudget(gateway, call);
      call.held = holding instanceof Promise ? await holding : holding;
    }
    endStep(gateway, call, "hold");
    const outcome = found ?? (await ask(gateway, call));
    const giving = give(gateway, call, outcome, found === null);
    if (giving !== null) await giving;
  } catch (error) {
    fail(gateway, call, toGatewayError(error));
  }
  settle(gateway, call);
}

function read(call: OpenCall, caller: Caller, bytes: Buffer): asserts call is ReadCall {
  const { endpoint, dialect, exchange, startedAtMs } = call;
  call.request = readCall(bytes);
  call.features = new CallFeatures(endpoint, dialect, caller, exchange, call.request, startedAtMs);
}

function plan(gateway: Gateway, call: ReadCall): asserts call is PlannedCall {
  call.plan = planCall(gateway, call.features);
}

/** A provider's answer; null: the client has the router's own. */
function ask(gateway: Gateway, call: PlannedCall): Promise<TargetsOutcome | null> {
  return call.endpoint === "count-tokens" ? countTokens(gateway, call) : tryTargets(gateway, call);
}

/** Gives the client what came. Resolves when it is over; null: it is. */
function give(
  gateway: Gateway,
  call: PlannedCall,
  outcome: FoundOutcome | null,
  isAsked: boolean,
): Promise<void> | null {
  if (outcome === null || outcome.kind === "answered") return null;
  tellFlight(call, outcome);
  if (outcome.kind === "failed") {
    call.error = outcome.error;
    sendCallError(call, outcome.error, outcome.original, gateway.clock.monotonicMs());
    return null;
  }
  const { served } = outcome;
  const noteEnd = (end: PumpEnd): void => {
    endStep(gateway, call, "stream");
    if (end.kind === "failed") {
      call.error = end.error;
      if (isAsked) reportBrokenAnswer(gateway, call, served.prepared.target, end.error);
    } else if (call.lead?.hasLeft === true) {
      call.error = new GatewayError("caller_gone", "the client left before the end");
    }
  };
  const streaming = streamAnswer(call, served, gateway.clock);
  if (streaming instanceof Promise) return streaming.then(noteEnd);
  noteEnd(streaming);
  return null;
}

function fail(gateway: Gateway, call: OpenCall, error: GatewayError): void {
  call.error = error;
  if (error.code === "router_failed") {
    gateway.logger.error({ call: call.id, err: error.cause }, "a defect in the router failed a call");
  }
  if (call.exchange.hasHead) call.exchange.destroy();
  else {
    try {
      sendCallError(call, error, null, gateway.clock.monotonicMs());
    } catch (cause) {
      gateway.logger.error({ call: call.id, err: cause }, "a defect in the router left a call without an answer");
      call.exchange.destroy();
    }
  }
}

/** A record that cannot be made or kept must not end the process, and with it everybody's calls. */
function settle(gateway: Gateway, call: OpenCall): void {
  const startedAt = gateway.clock.monotonicMs();
  try {
    settleCall(gateway, call);
  } catch (cause) {
    gateway.logger.error({ call: call.id, err: cause }, "a defect in the router lost the record of a call");
  } finally {
    call.lead?.flight.close();
  }
  gateway.performance.observe("settle", gateway.clock.monotonicMs() - startedAt);
}
