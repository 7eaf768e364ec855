/** Chooses the relay for an answer: does it pass as it is, or is it translated, and is it a stream? */
import type { Dialect } from "../../core/dialect.ts";
import { createAnthropicMessagesWatch } from "../../dialects/anthropic-messages/watch.ts";
import { asksForUsage } from "../../dialects/openai-chat/usage.ts";
import { createOpenaiChatWatch } from "../../dialects/openai-chat/watch.ts";
import type { AnswerContext } from "../../dialects/translation.ts";
import type { AnswerHead } from "../../providers/upstream/upstream.ts";
import type { AnswerRelay } from "./answer-relay.ts";
import { translateStream, translateWhole } from "./answer-relay.ts";
import type { CallFeatures } from "../request/call-features.ts";
import { keyHolderOf } from "./own-credentials.ts";
import { PassedStream } from "./passed-stream.ts";
import { PassedWhole } from "./passed-whole.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import type { CallRequest } from "../request/read-call.ts";
import { foldedWhole, unfoldWhole } from "./reshape-relay.ts";

interface AnsweredCall {
  readonly id: string;
  readonly dialect: Dialect;
  readonly request: CallRequest;
  readonly features: Pick<CallFeatures, "inputTokens">;
  readonly answerCreatedAtMs: number;
}

/** Same dialect: the bytes pass, whatever their form. Other dialect: the form that was asked for, whatever came. */
export function chooseRelay(call: AnsweredCall, prepared: PreparedRequest, head: AnswerHead): AnswerRelay {
  const isStream = comesAsStream(call, head);
  return prepared.pair === null ? relayFor(call, prepared, isStream) : relayAsAsked(call, prepared, isStream);
}

/** Whether an answer is a stream of events: as it says, or where it says nothing, as it was asked for. */
export function comesAsStream(call: AnsweredCall, head: AnswerHead): boolean {
  const type = String(head.headers["content-type"] ?? "");
  return isEventStream(head) || (call.request.isStreaming && !type.startsWith("application/json"));
}

/** Whether an answer says of itself that it is a stream of events. */
export function isEventStream({ headers }: AnswerHead): boolean {
  return String(headers["content-type"] ?? "").startsWith("text/event-stream");
}

/** The relay that gives the client the form that it asked for. `isStream`: the form of what the provider sends. */
export function relayAsAsked(call: AnsweredCall, prepared: PreparedRequest, isStream: boolean): AnswerRelay {
  if (isStream === call.request.isStreaming) return relayFor(call, prepared, isStream);
  const whole = relayFor(call, prepared, false);
  if (isStream) return foldedWhole(prepared.dialect, whole);
  const asksUsage = asksForUsage(call.request.field("stream_options"));
  return unfoldWhole(call.dialect, whole, asksUsage, call.id);
}

/** The relay for an answer whose form is known. */
export function relayFor(call: AnsweredCall, prepared: PreparedRequest, isStream: boolean): AnswerRelay {
  const { pair, dialect, signer } = prepared;
  if (pair === null) {
    const watch =
      dialect === "anthropic-messages"
        ? createAnthropicMessagesWatch(isStream, signer !== null)
        : createOpenaiChatWatch(isStream, isTextSampled(call));
    if (!isStream) return new PassedWhole(watch);
    return new PassedStream({ dialect, callId: call.id, keyHolder: keyHolderOf(prepared.provider) }, watch);
  }
  const context = contextOf(call, prepared);
  return isStream ? translateStream(call.dialect, pair.stream(context)) : translateWhole(pair, context);
}

function contextOf(call: AnsweredCall, prepared: PreparedRequest): AnswerContext {
  const { traits } = prepared;
  return {
    askedModel: call.request.askedModel,
    traits,
    request: call.request.outline().body,
    createdAtSeconds: Math.floor(call.answerCreatedAtMs / 1000),
    callId: call.id,
    estimatedInputTokens: call.features.inputTokens(),
    keyHolder: keyHolderOf(prepared.provider),
  };
}

/** One call in sixteen, by its id's last digit: reading the text of a stream that passes untouched has its price. */
function isTextSampled({ id }: AnsweredCall): boolean {
  return id.endsWith("0");
}
