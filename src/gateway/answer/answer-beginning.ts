/**
 * The beginning of an answer to a streaming call that does not say it is a stream of events: it may be a page, of a proxy or of
 * a wrong address, whose words are all that there is to tell.
 */
import type { BodyReceiver, UpstreamAnswer } from "../../providers/upstream/upstream.ts";
import { quotedBytes } from "./answer-relay.ts";

/** `answer`, and what is kept of its body as it passes. */
export interface WatchedAnswer {
  readonly answer: UpstreamAnswer;
  /** The first bytes that have come. */
  beginning(): Buffer;
}

/** Watches `answer`, which nobody has received yet. */
export function watchBeginning(answer: UpstreamAnswer): WatchedAnswer {
  const pieces: Buffer[] = [];
  let size = 0;
  const receive = (receiver: BodyReceiver): void =>
    answer.receive({
      onData(piece) {
        if (size < quotedBytes) pieces.push(Buffer.from(piece));
        size += piece.byteLength;
        receiver.onData(piece);
      },
      onEnd: () => receiver.onEnd(),
      onError: (error) => receiver.onError(error),
    });
  return {
    answer: { head: answer.head, receive, pause: () => answer.pause(), resume: () => answer.resume() },
    beginning: () => Buffer.concat(pieces),
  };
}

/** A line that a stream of events may begin with. */
const eventLine = /^\s*(?:data|event|id|retry|:)/;

/** Whether these are the first bytes of something else than a stream of events. */
export function isPage(beginning: Buffer): boolean {
  return beginning.length > 0 && !eventLine.test(beginning.toString("latin1", 0, 256));
}
