/** An answer that is here already, as if its provider sent it now. */
import type { UpstreamAnswer } from "../../providers/upstream/upstream.ts";

/** Head and body of `answer` in one piece. */
export function replayAtOnce(head: UpstreamAnswer["head"], body: Buffer): UpstreamAnswer {
  return {
    head,
    receive(receiver) {
      receiver.onData(body);
      receiver.onEnd();
    },
    pause: () => undefined,
    resume: () => undefined,
  };
}
