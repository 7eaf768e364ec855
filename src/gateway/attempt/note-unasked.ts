/** Notes why a target was not asked: no attempt tells it. */
import type { GatewayError } from "../../core/errors/errors.ts";
import type { Target } from "../../core/target.ts";
import type { OpenCall } from "../open-call.ts";

/** Adds `target` to those that the call has passed over. */
export function noteUnasked(call: OpenCall, { provider, model }: Target, { code, message }: GatewayError): void {
  const afterAttempts = call.attempts.length;
  const passedOver = { target: { provider, model }, errorCode: code, message, afterAttempts };
  call.passedOver = [...(call.passedOver ?? []), passedOver];
}
