/** Streams a target's answer to the client: head, pieces, end. */
import type { Clock } from "../core/time/clock.ts";
import { GatewayError } from "../core/errors/errors.ts";
import { contentTypeOf, ownHeaders, passAnswerHeaders, pushAll, requestIdHeader } from "./answer-headers.ts";
import type { AnswerPump, PumpEnd } from "./answer/answer-pump.ts";
import type { OpenCall } from "./open-call.ts";
import type { Exchange } from "./request/exchange.ts";
import type { ServedAnswer } from "./attempt/attempt-outcome.ts";

/**
 * Says how it ended: at once for a whole answer that is here, else when it is over. Never rejects: after the head there is
 * nobody left to catch an error.
 */
export function streamAnswer(call: OpenCall, served: ServedAnswer, clock: Clock): PumpEnd | Promise<PumpEnd> {
  const { exchange } = call;
  const { pump, answer, prepared } = served;
  const now = clock.monotonicMs();
  const headers = ownHeaders(call, now);
  const isReshaped = pump.relay.isStreamed !== pump.relay.isStreaming;
  if (prepared.pair === null && !isReshaped) passAnswerHeaders(headers, answer.head.headers, call);
  else {
    const type = contentTypeOf(pump.relay.isStreaming);
    headers.push("content-type", type, requestIdHeader[call.dialect], call.id);
  }
  if (call.held !== null) pushAll(headers, call.held.headers);
  call.headSentAt = now;
  const whole = pump.takeWhole();
  if (whole !== null && !pump.relay.isStreaming) {
    exchange.respond(answer.head.status, headers, whole);
    return { kind: "ended" };
  }
  if (pump.relay.isStreaming) headers.push("cache-control", "no-cache", "x-accel-buffering", "no");
  exchange.begin(answer.head.status, headers);
  if (whole !== null) exchange.write(whole);
  else pump.attach(exchange);
  return endWith(exchange, pump);
}

async function endWith(exchange: Exchange, pump: AnswerPump): Promise<PumpEnd> {
  const end = await pump.done;
  // A whole answer that breaks off must not look like one that is complete.
  if (end.kind === "failed" && !pump.relay.isStreaming) exchange.destroy();
  else exchange.end();
  return end.kind === "gone"
    ? { kind: "failed", error: new GatewayError("caller_gone", "the client left before its answer was complete") }
    : end;
}
