/**
 * An answer of the Responses API as one of Chat Completions, on its way from the provider: whoever relays, shares or keeps
 * answers sees chunks, or a completion.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import { toChatCompletion } from "../../dialects/openai-responses/answer.ts";
import { maxSseEventBytes } from "../../dialects/sse.ts";
import { ResponsesStream } from "../../dialects/openai-responses/stream.ts";
import type { BodyReceiver, UpstreamAnswer } from "../../providers/upstream/upstream.ts";
import { unheardLimitBytes } from "./answer-relay.ts";
import type { ResponsesAnswer } from "../prepare/choose-api.ts";
import { collectedLimitBytes, tooLarge } from "./whole-body.ts";

/** `answer`, translated. `provider`: who encrypted its reasoning. */
export function tellInChat(
  answer: UpstreamAnswer,
  { asksUsage }: ResponsesAnswer,
  provider: string,
  isStream: boolean,
): UpstreamAnswer {
  const receive = (receiver: BodyReceiver): void =>
    answer.receive(isStream ? chunksFor(receiver, provider, asksUsage) : completionFor(receiver, provider));
  return { head: answer.head, receive, pause: () => answer.pause(), resume: () => answer.resume() };
}

function chunksFor(receiver: BodyReceiver, provider: string, asksUsage: boolean): BodyReceiver {
  const stream = new ResponsesStream(provider, asksUsage);
  let unheardBytes = 0;
  let hasFailed = false;
  const fail = (message: string): void => {
    hasFailed = true;
    receiver.onError(new GatewayError("provider_bad_answer", message));
  };
  return {
    onData(piece) {
      if (hasFailed) return;
      const chunks = stream.push(piece);
      unheardBytes = chunks === "" ? unheardBytes + piece.byteLength : 0;
      if (chunks !== "") receiver.onData(Buffer.from(chunks));
      if (stream.isOverflown()) fail(`an event of the provider's stream is larger than ${maxSseEventBytes} bytes`);
      else if (unheardBytes > unheardLimitBytes) fail(`the provider sent ${unheardBytes} bytes that say nothing`);
    },
    onEnd() {
      if (hasFailed) return;
      const chunks = stream.end();
      if (chunks !== "") receiver.onData(Buffer.from(chunks));
      receiver.onEnd();
    },
    onError: (error) => receiver.onError(error),
  };
}

function completionFor(receiver: BodyReceiver, provider: string): BodyReceiver {
  const pieces: Uint8Array[] = [];
  let size = 0;
  return {
    onData(piece) {
      size += piece.byteLength;
      if (size <= collectedLimitBytes) pieces.push(piece);
    },
    onEnd() {
      if (size > collectedLimitBytes) {
        receiver.onError(tooLarge());
        return;
      }
      receiver.onData(toChatCompletion(Buffer.concat(pieces), provider));
      receiver.onEnd();
    },
    onError: (error) => receiver.onError(error),
  };
}
