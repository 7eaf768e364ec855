/**
 * Finds an answer that is there already: kept by the cache, or on its way for an identical call.
 *
 * Where there is none the call leads: it asks the provider, and others may join it until its answer is over.
 */
import type { AnswerKey, Delivery } from "../../cache/answer-key.ts";
import { answerKey } from "../../cache/answer-key.ts";
import type { KeptAnswer } from "../../cache/answer-store.ts";
import { Flight } from "../../cache/single-flight.ts";
import type { FoundAnswer } from "../../cache/two-level.ts";
import { formatTarget } from "../../core/target.ts";
import type { AnswerCaching, Audience, CallFlight } from "../answer-caching.ts";
import { sendCount } from "../send-count.ts";
import type { Gateway } from "../gateway.ts";
import { joinFlight } from "./join-flight.ts";
import { judgeCaching } from "../plan/judge-caching.ts";
import type { OpenCall, PlannedCall } from "../open-call.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import { serveKept } from "./serve-kept.ts";
import { spendPatience } from "../limits/store-patience.ts";
import type { TargetsOutcome } from "../attempt/attempt-outcome.ts";

/** `answered`: the client has its answer. `served`, `failed`: as if a provider had been asked. */
export type FoundOutcome = TargetsOutcome | { readonly kind: "answered" };

/**
 * The answer, or null where the call has to ask a provider; `call.lead` is set then if others may have what comes.
 * Throws GatewayError `caller_gone`.
 */
export async function findAnswer(
  gateway: Gateway,
  caching: AnswerCaching,
  call: PlannedCall,
): Promise<FoundOutcome | null> {
  call.isCacheOn = true;
  const use = judgeCaching(caching.rules, call.features, call.request, call.plan, call.startedAtMs);
  if (use === null) return null;
  const { prepared } = call;
  // A client's own login decides what it may ask: nobody else's answer is for it, whatever the scope.
  if (gateway.providers.get(call.plan.targets[0]!.provider)!.isPassthrough) return null;
  const key = keyOf(caching, call, prepared);
  if (key === null) return null;
  const { freshSinceMs, ttlMs } = use;
  const isFreshWanted = freshSinceMs === Infinity;
  if (!isFreshWanted) return findThere(gateway, caching, call, { prepared, key, freshSinceMs, ttlMs });
  call.cacheStatus = "bypass";
  lead(gateway, caching, call, { key: key.text, ttlMs, flightKey: null });
  return null;
}

/** A plan that may lead to a provider by the client's own login leads each client there by its own. */
function mayJoin(gateway: Gateway, { sharesFlights }: AnswerCaching, { plan }: PlannedCall): boolean {
  return sharesFlights && !plan.targets.some(({ provider }) => gateway.providers.get(provider)!.isPassthrough);
}

interface Search {
  /** null: the provider has no such endpoint. */
  readonly prepared: PreparedRequest | null;
  readonly key: AnswerKey;
  readonly freshSinceMs: number;
  readonly ttlMs: number | undefined;
}

/**
 * Kept, or on its way; else the call leads. A flight whose leader gave up is no reason to give up: there may be another one
 * by then. Nothing is waited for between the look for a flight and the call's own: many look at once, as when a leader
 * gives up or Redis answers all of them, and one of them shall lead.
 */
async function findThere(
  gateway: Gateway,
  caching: AnswerCaching,
  call: PlannedCall,
  { prepared, key, freshSinceMs, ttlMs }: Search,
): Promise<FoundOutcome | null> {
  const canJoin = mayJoin(gateway, caching, call);
  for (;;) {
    const looking = lookUp(gateway, caching, call, key.text, freshSinceMs);
    const found = looking instanceof Promise ? await looking : looking;
    const outcome = found === null ? null : await tell(gateway, caching, call, prepared, key, found.answer);
    if (outcome !== null) return outcome;
    if (found !== null) caching.cache.store.countAsMiss(found);
    const flight = canJoin ? findFlight(caching, call, key, prepared) : null;
    if (flight !== null) {
      const joined = await joinFlight(gateway, call, prepared, flight);
      if (joined !== null) return joined;
      continue;
    }
    // While Redis was asked, the flight of another call may have landed: memory has its answer then.
    if (looking instanceof Promise && found === null && caching.cache.store.hasLanded(key.text, freshSinceMs)) continue;
    call.cacheStatus = "miss";
    lead(gateway, caching, call, {
      key: key.text,
      ttlMs,
      flightKey: canJoin ? flightKeyOf(call, key.text, key) : null,
    });
    return null;
  }
}

/** The kept answer to the client; null where it cannot be told as this client wants it. */
async function tell(
  gateway: Gateway,
  caching: AnswerCaching,
  call: PlannedCall,
  prepared: PreparedRequest | null,
  key: AnswerKey,
  kept: KeptAnswer,
): Promise<FoundOutcome | null> {
  if (prepared !== null) {
    const served = await serveKept(gateway, caching, call, prepared, key, kept);
    return served === null ? null : { kind: "served", served };
  }
  call.cacheStatus = "hit";
  call.kept = kept;
  sendCount(gateway, call, kept.body);
  return { kind: "answered" };
}

/** Where the provider does not count tokens, the router's own count depends on the client's request alone. */
function keyOf(caching: AnswerCaching, call: PlannedCall, prepared: PreparedRequest | null): AnswerKey | null {
  const { scope, origins } = caching;
  const { caller, plan } = call;
  const target = plan.targets[0]!;
  const origin = origins.get(target.provider) ?? "";
  if (prepared === null) {
    const body = call.request.bytes;
    return answerKey({ target, origin, path: "estimate", dialect: call.dialect, headers: {}, body, caller, scope });
  }
  const { path, dialect, headers, body, responses } = prepared;
  const key = answerKey({ target, origin, path, dialect, headers: headers.values, body, caller, scope });
  // The Responses API has no such option: its answers have their counts, and translation tells them as the client wants.
  return key === null || responses === null ? key : { ...key, asksUsage: responses.asksUsage };
}

/** Those who join share the provider's failures too: they must have the same targets left. */
function flightKeyOf(call: PlannedCall, text: string, { isStreaming, asksUsage }: Delivery): string {
  const targets = call.plan.targets.map(formatTarget).join(" ");
  return `${text} ${isStreaming ? "stream" : "whole"} ${asksUsage} ${targets}`;
}

/**
 * A flight to join. A whole call waits for its end in any case, so that a stream will do; where every stream can be told
 * as a whole, which OpenAI's cannot (several choices, audio). A streamed call does not wait for a whole one.
 */
function findFlight(
  { cache }: AnswerCaching,
  call: PlannedCall,
  key: AnswerKey,
  prepared: PreparedRequest | null,
): CallFlight | null {
  const same = cache.flights.find(flightKeyOf(call, key.text, key));
  if (same !== null || key.isStreaming || prepared?.dialect !== "anthropic-messages") return same;
  return cache.flights.find(flightKeyOf(call, key.text, { isStreaming: true, asksUsage: false }));
}

function lookUp(
  gateway: Gateway,
  { cache }: AnswerCaching,
  call: PlannedCall,
  key: string,
  freshSinceMs: number,
): FoundAnswer | null | Promise<FoundAnswer | null> {
  const found = cache.store.find(key, gateway.clock.nowMs(), freshSinceMs, call.storePatienceMs);
  return found instanceof Promise ? spendPatience(call, gateway.clock, found) : found;
}

interface LeadOptions {
  readonly key: string;
  readonly ttlMs: number | undefined;
  /** null: nobody can join. */
  readonly flightKey: string | null;
}

/** From here on the call's audience is everybody in its flight. */
function lead(
  gateway: Gateway,
  { cache, maxAnswerBytes }: AnswerCaching,
  call: PlannedCall,
  { key, ttlMs, flightKey }: LeadOptions,
): void {
  const limits = { maxBytes: maxAnswerBytes, held: cache.held, monotonicMs: () => gateway.clock.monotonicMs() };
  const flight: CallFlight = flightKey === null ? new Flight(limits) : cache.flights.open(flightKey, limits);
  const seat = flight.take();
  call.lead = { key, ttlMs, epoch: cache.epoch, flight, seat, listener: null, hasLeft: false };
  call.audience = audienceOf(flight);
  call.exchange.onGone(() => leaveFlight(call));
}

/** The client of the call that leads has left: the answer goes on for the others. */
function leaveFlight({ lead: leading }: OpenCall): void {
  if (leading === null) return;
  leading.hasLeft = true;
  leading.seat.leave();
  leading.listener?.resume();
}

function audienceOf(flight: CallFlight): Audience {
  return {
    get isGone() {
      return flight.size === 0;
    },
    onGone: (listener) => flight.onEmpty(listener),
  };
}
