/**
 * An answer of the Responses API as one of Chat Completions, on its way from the provider: whoever relays, shares or keeps
 * answers sees chunks, or a completion.
 */
import { toChatCompletion } from "../dialects/openai-responses/answer.ts";
import { createResponsesStream } from "../dialects/openai-responses/stream.ts";
import type { BodyReceiver, UpstreamAnswer } from "../providers/upstream.ts";
import { collectedLimitBytes, tooLarge } from "./answer-relay.ts";
import type { ResponsesAnswer } from "./choose-api.ts";

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
  const stream = createResponsesStream(provider, asksUsage);
  const tell = (chunks: string): void => {
    if (chunks !== "") receiver.onData(Buffer.from(chunks));
  };
  return {
    onData: (piece) => tell(stream.push(piece)),
    onEnd() {
      tell(stream.end());
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
