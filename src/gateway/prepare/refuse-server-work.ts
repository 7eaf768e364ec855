/**
 * Refuses what only a server can do for its client, at targets that do not.
 *
 * A `thread` is a conversation that the server holds, so that a request brings only the new messages: served without
 * it, the model would see a conversation without its past. `compaction` asks for a summary of the conversation in place
 * of an answer: https://platform.claude.com/docs/en/build-with-claude/compaction-on-demand. A client would put an
 * ordinary answer where all its messages were.
 *
 * Anthropic's client libraries know the refusals of a thread: they send the whole conversation instead.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import { toJsonObject } from "../../core/json/json.ts";
import type { Endpoint } from "../../core/record.ts";
import type { TargetTraits } from "../../dialects/target-traits.ts";
import type { CallRequest } from "../request/read-call.ts";

/** Throws GatewayError `caller_unsupported_content` for a request of work that its target does not do. */
export function refuseServerWork(request: CallRequest, traits: TargetTraits, endpoint: Endpoint): void {
  if (!traits.hasThreads && request.has("thread")) refuseThread(request, traits);
  // Whoever counts tokens is answered all the same: what is counted is the conversation as it stands.
  if (traits.hasCompaction || endpoint !== "messages" || !request.has("compaction")) return;
  if (request.field("compaction") === null) return;
  throw new GatewayError(
    "caller_unsupported_content",
    `compaction: ${traits.target.provider} writes no summaries of conversations; summarize by an ordinary request, or route such calls to Anthropic`,
  );
}

function refuseThread(request: CallRequest, traits: TargetTraits): void {
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
