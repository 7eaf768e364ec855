/**
 * How many calls of one caller may have their bodies on the way.
 *
 * Limits are asked behind the body, whose model they may name, and a body may take minutes to come. Its call has one of the
 * places of `server.maxCalls` all the while: without a bound here one key could take them all. Counted by this process alone;
 * a body that came with its head is not.
 */
import type { Caller } from "../../core/caller.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Dialect } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import type { Endpoint } from "../../core/record.ts";
import { localKeyId } from "../request/authenticate.ts";
import type { Exchange } from "../request/exchange.ts";
import { limitError } from "./limit-headers.ts";
import { limitKey, limitsFor } from "./limits-for.ts";
import type { Limit, LimitRule } from "./limits-for.ts";
import type { BodyLimit } from "../request/receive-body.ts";
import { receiveBody } from "../request/receive-body.ts";

/** Calls whose bodies are on the way, by whom they count for. */
export interface Arrivals {
  /** Places for calls of all kinds. */
  readonly maxCalls: number;
  readonly counts: Map<string, number>;
}

export function createArrivals(maxCalls: number): Arrivals {
  return { maxCalls, counts: new Map() };
}

interface ArrivingCall {
  readonly exchange: Exchange;
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
}

interface ArrivalRules {
  readonly bodyLimit: BodyLimit;
  readonly limitRules: readonly LimitRule[];
  readonly clock: Clock;
  /** This call is one of those that are open. */
  readonly openCalls: { readonly arrivals: Arrivals; count(): number };
}

/**
 * The body's bytes, at once where they are all here. Throws and rejects as `receiveBody` does, and with GatewayError
 * `policy_concurrency_limited` where too many bodies of the caller are on the way.
 */
export function receiveFrom(gateway: ArrivalRules, call: ArrivingCall, caller: Caller): Buffer | Promise<Buffer> {
  const { exchange } = call;
  // To decompress takes its time, too.
  const isHere = exchange.wholeBody !== null && exchange.header("content-encoding") === undefined;
  return isHere ? receiveBody(exchange, gateway.bodyLimit) : receiveCounted(gateway, call, caller);
}

async function receiveCounted(gateway: ArrivalRules, call: ArrivingCall, caller: Caller): Promise<Buffer> {
  const { counts } = gateway.openCalls.arrivals;
  const counted = refuseMore(gateway, call, caller);
  for (const key of counted) counts.set(key, (counts.get(key) ?? 0) + 1);
  try {
    return await receiveBody(call.exchange, gateway.bodyLimit);
  } finally {
    for (const key of counted) {
      const left = counts.get(key)! - 1;
      if (left === 0) counts.delete(key);
      else counts.set(key, left);
    }
  }
}

/** For whom the call counts; throws where one of them has no room. */
function refuseMore(gateway: ArrivalRules, call: ArrivingCall, caller: Caller): readonly string[] {
  const { counts, maxCalls } = gateway.openCalls.arrivals;
  const counted: string[] = [];
  for (const limit of call.endpoint === "count-tokens" ? [] : ownLimits(gateway, caller)) {
    const key = limitKey(limit);
    if ((counts.get(key) ?? 0) >= limit.concurrentCalls!) {
      const refusal = { kind: "refused", by: limit, what: "calls", waitMs: 1_000, states: [] } as const;
      throw limitError(call.dialect, refusal, gateway.clock.nowMs());
    }
    counted.push(key);
  }
  // Without keys there is nobody else to keep places for.
  if (caller.keyId === localKeyId) return counted;
  const key = `any call:${caller.keyId}`;
  const ofKey = counts.get(key) ?? 0;
  // Half of what others leave: were it half of all, two keys together could take them all.
  const left = maxCalls - (gateway.openCalls.count() - 1 - ofKey);
  if (ofKey >= Math.ceil(left / 2)) {
    const message = `key ${caller.keyId}: the bodies of ${ofKey} calls are on the way, half of what server.maxCalls and others' calls leave`;
    throw new GatewayError("policy_concurrency_limited", message, { retryAfterSeconds: 1 });
  }
  counted.push(key);
  return counted;
}

/** Not those of a team or of all: one member who sends slowly would keep the others out. */
function ownLimits({ limitRules }: ArrivalRules, caller: Caller): readonly Limit[] {
  return limitsFor(limitRules, caller, "").filter(
    ({ scope, concurrentCalls }) => (scope === "key" || scope === "user") && concurrentCalls !== null,
  );
}
