/** Sends the router's own count of tokens. */
import { ownHeaders, requestIdHeader } from "./answer-headers.ts";
import type { Gateway } from "./gateway.ts";
import type { OpenCall } from "./open-call.ts";

const json = ["content-type", "application/json"];

/** `body`: as Anthropic's API answers; the answer says that it is an estimate. */
export function sendCount({ clock }: Pick<Gateway, "clock">, call: OpenCall, body: Uint8Array): void {
  const now = clock.monotonicMs();
  call.headSentAt = now;
  call.exchange.respond(
    200,
    [...ownHeaders(call, now), "x-ccr-estimated", "true", requestIdHeader[call.dialect], call.id, ...json],
    body,
  );
}
