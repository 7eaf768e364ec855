/**
 * Token counts for clients: from a provider that counts, else the router's own estimate. Never an error for want of one.
 *
 * Claude Code asks 40 to 50 times at its start; without an answer it spends real calls to find out.
 */
import type { GatewayError } from "../core/errors/errors.ts";
import { countRequestTokens } from "../optimization/count-tokens.ts";
import type { Gateway } from "./gateway.ts";
import { keepCount } from "./kept/keep-answer.ts";
import type { PlannedCall } from "./open-call.ts";
import type { TargetsOutcome } from "./attempt/attempt-outcome.ts";
import { sendCount } from "./send-count.ts";
import { tryTargets } from "./attempt/try-targets.ts";

/** The provider's count, or null where the router has answered with its own. */
export async function countTokens(gateway: Gateway, call: PlannedCall): Promise<TargetsOutcome | null> {
  const outcome = call.prepared === null ? null : await tryTargets(gateway, call);
  if (outcome !== null && (outcome.kind === "served" || isOfRequest(outcome.error))) return outcome;
  call.pump = null;
  const inputTokens = await countRequestTokens(call.request.body(), call.plan.targets[0]!.model);
  const body = Buffer.from(JSON.stringify({ input_tokens: inputTokens }));
  if (gateway.caching !== null) keepCount(gateway.caching, call, body, gateway.clock.nowMs());
  sendCount(gateway, call, body);
  return null;
}

/** Whether the request itself is wrong: a count of the router's own would hide it. */
function isOfRequest({ code }: GatewayError): boolean {
  return code.startsWith("caller_") || code === "provider_rejected_request";
}
