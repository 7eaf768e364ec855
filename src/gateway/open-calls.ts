/**
 * The calls in flight: how many there are, what each is doing, and who has been silent for too long.
 *
 * One timer serves all calls: a timer of its own for each would be set anew at every piece of every stream.
 */
import { Bag } from "../core/collections/bag.ts";
import { afterReading } from "../core/time/after-reading.ts";
import type { Clock } from "../core/time/clock.ts";
import type { Dialect } from "../core/dialect.ts";
import { GatewayError } from "../core/errors/errors.ts";
import type { Endpoint } from "../core/record.ts";
import { createArrivals } from "./limits/arrivals.ts";
import type { Arrivals } from "./limits/arrivals.ts";
import { createLateError } from "./answer/early-ends.ts";
import type { Exchange } from "./request/exchange.ts";
import { createStandstillWatch } from "./standstill-watch.ts";
import { newCall } from "./open-call.ts";
import type { OpenCall } from "./open-call.ts";

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
