/** The errors of calls that end before their answer does, each said by several steps. */
import { GatewayError } from "../../core/errors/errors.ts";

/** The client leaves while nothing of an answer has reached it. */
export function createGoneError(): GatewayError {
  return new GatewayError("caller_gone", "the client left before its answer began");
}

/** The call is not over at its deadline. */
export function createLateError(): GatewayError {
  return new GatewayError("provider_timeout", "the call took longer than timeouts.totalMs allows");
}

/** The provider's stream has come to an end, and its answer has not. */
export function createCutError(): GatewayError {
  return new GatewayError("provider_cut_answer", "the provider's stream ended before its answer was complete");
}
