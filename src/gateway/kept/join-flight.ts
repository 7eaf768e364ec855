/** Joins an identical call in flight: its provider's answer is this call's too, from the beginning, at no cost. */
import { isSameTarget } from "../../core/target.ts";
import type { CallFlight, FlightFailure, FlightServed } from "../answer-caching.ts";
import { AnswerPump } from "../answer/answer-pump.ts";
import { relayAsAsked } from "../answer/choose-relay.ts";
import { createGoneError } from "../answer/early-ends.ts";
import type { Gateway } from "../gateway.ts";
import type { PlannedCall } from "../open-call.ts";
import { setAbandon } from "../open-call.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import { prepareRequest } from "../prepare/prepare-request.ts";
import type { TargetsOutcome } from "../attempt/attempt-outcome.ts";

/**
 * What came of the flight; null where this call has to go on by itself. Throws GatewayError `caller_gone`, and whatever
 * ends an answer before it has begun.
 */
export async function joinFlight(
  gateway: Gateway,
  call: PlannedCall,
  prepared: PreparedRequest | null,
  flight: CallFlight,
): Promise<TargetsOutcome | null> {
  const seat = flight.take();
  const { promise: left, reject } = Promise.withResolvers<never>();
  call.cacheStatus = "joined";
  // The wait is the provider's, not the router's own.
  call.firstSentAt ??= gateway.clock.monotonicMs();
  call.exchange.onGone(() => {
    seat.leave();
    reject(createGoneError());
  });
  setAbandon(call, () => reject(call.cutBy!));
  try {
    const outcome = await Promise.race([flight.outcome, left]);
    call.answeredAt = gateway.clock.monotonicMs();
    if (outcome.kind === "failed") return toFailure(call, outcome.failure);
    const joined =
      outcome.kind === "served"
        ? await follow(gateway, call, prepared, flight, outcome.served, () => seat.leave())
        : null;
    if (joined !== null) return joined;
    call.firstSentAt = null;
    call.answeredAt = null;
  } catch (error) {
    seat.leave();
    throw error;
  }
  seat.leave();
  call.exchange.onGone(null);
  call.abandon = null;
  return null;
}

async function follow(
  gateway: Gateway,
  call: PlannedCall,
  own: PreparedRequest | null,
  flight: CallFlight,
  served: FlightServed,
  leaveSeat: () => void,
): Promise<TargetsOutcome | null> {
  const answer = flight.listen();
  if (answer === null) return null;
  const prepared = preparedFor(gateway, call, own, served);
  call.prepared = prepared;
  call.deadlineAt = served.deadlineAt;
  call.answerCreatedAtMs = served.createdAtMs;
  const leave = (): void => {
    answer.leave();
    leaveSeat();
  };
  const pump = new AnswerPump(answer, relayAsAsked(call, prepared, served.isStream), served.hide, gateway.clock, leave);
  call.pump = pump;
  setAbandon(call, () => pump.abandon());
  call.exchange.onGone(() => {
    pump.abandon();
    leave();
  });
  void pump.done.then(leave);
  await pump.ready;
  call.answeredAt = pump.awaitedAt;
  return { kind: "served", served: { prepared, answer, pump } };
}

/** The leader may have gone on to another target than the first. */
function preparedFor(
  gateway: Gateway,
  call: PlannedCall,
  own: PreparedRequest | null,
  served: FlightServed,
): PreparedRequest {
  const { target, provider } = served.prepared;
  if (own !== null && isSameTarget(target, own.target)) return own;
  return prepareRequest(gateway, call, gateway.providers.get(target.provider) ?? provider, target);
}

function toFailure(call: PlannedCall, { error, original, dialect }: FlightFailure): TargetsOutcome {
  return { kind: "failed", error, original: dialect === call.dialect ? original : null };
}
