/** A provider's stream on its way to all who relay, share or keep it, with a blank line behind each of its events. */
import { EventSplitter } from "../../dialects/event-splitter.ts";
import type { BodyReceiver, UpstreamAnswer } from "../../providers/upstream/upstream.ts";

/** `answer`, a stream that nobody has received yet. */
export function splitEvents(answer: UpstreamAnswer): UpstreamAnswer {
  const receive = (receiver: BodyReceiver): void => {
    const splitter = new EventSplitter();
    const tell = (events: Uint8Array): void => {
      if (events.length > 0) receiver.onData(events);
    };
    answer.receive({
      onData: (piece) => tell(splitter.push(piece)),
      onEnd() {
        tell(splitter.rest());
        receiver.onEnd();
      },
      onError: (error) => receiver.onError(error),
    });
  };
  return { head: answer.head, receive, pause: () => answer.pause(), resume: () => answer.resume() };
}
