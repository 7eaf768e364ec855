/**
 * Token counts for clients: from a provider that counts, else the router's own estimate. Never an error for want of one.
 *
 * Claude Code asks 40 to 50 times at its start; without an answer it spends real calls to find out.
 */
import { GatewayError } from "../core/errors.ts";
import { countRequestTokens } from "../optimization/count-tokens.ts";
import type { Gateway } from "./gateway.ts";
import { ownHeaders, requestIdHeader } from "./answer-headers.ts";
import { keepCount } from "./keep-answer.ts";
import type { OpenCall, PlannedCall } from "./open-calls.ts";
import type { TargetsOutcome } from "./try-targets.ts";
import { tryTargets } from "./try-targets.ts";

/** The provider's count, or null where the router has answered with its own. */
export async function countTokens(gateway: Gateway, call: PlannedCall): Promise<TargetsOutcome | null> {
  try {
    const outcome = await tryTargets(gateway, call);
    if (
      outcome.kind === "served" ||
      outcome.error.code.startsWith("caller_") ||
      outcome.error.code === "provider_rejected_request"
    ) {
      return outcome;
    }
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== "router_not_supported") throw error;
  }
  call.pump = null;
  const inputTokens = await countRequestTokens(call.request.body(), call.plan.targets[0]!.model);
  const body = Buffer.from(JSON.stringify({ input_tokens: inputTokens }));
  if (gateway.caching !== null) keepCount(gateway.caching, call, body, gateway.clock.nowMs());
  sendCount(gateway, call, body);
  return null;
}

const json = ["content-type", "application/json"];

/** Answers with the router's own count. */
export function sendCount(gateway: Gateway, call: OpenCall, body: Uint8Array): void {
  const now = gateway.clock.monotonicMs();
  call.headSentAt = now;
  call.exchange.respond(
    200,
    [...ownHeaders(call, now), "x-ccr-estimated", "true", requestIdHeader[call.dialect], call.id, ...json],
    body,
  );
}
