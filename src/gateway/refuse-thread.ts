/**
 * Refuses a `thread` (a conversation that the server holds, so that a request brings only the new messages) at targets
 * that hold none. Served without it, the model would see a conversation without its past.
 *
 * Anthropic's client libraries know these refusals: they send the whole conversation instead.
 */
import { GatewayError } from "../core/errors.ts";
import { toJsonObject } from "../core/json.ts";
import type { TargetTraits } from "../dialects/target-traits.ts";
import type { CallRequest } from "./read-call.ts";

/** Throws GatewayError `caller_unsupported_content` for a request with a thread that its target cannot hold. */
export function refuseThread(request: CallRequest, traits: TargetTraits): void {
  if (traits.hasThreads || !request.has("thread")) return;
  const { type } = toJsonObject(request.field("thread"));
  if (type === undefined) return;
  const details =
    type === "continue"
      ? { error_code: "thread_not_found" }
      : { error_code: "thread_unsupported_request", unsupported: ["thread"] };
  throw new GatewayError(
    "caller_unsupported_content",
    `thread: ${traits.target.provider} holds no conversations; send all messages`,
    { details },
  );
}
