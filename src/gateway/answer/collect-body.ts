/** Collects a small body of a provider's answer. */
import type { UpstreamAnswer } from "../../providers/upstream/upstream.ts";

export interface CollectedBody {
  /** The first bytes of the body. One that breaks off is what came of it: it explains an error, no more. */
  readonly body: Promise<Buffer>;
  /** Resolves `body` with what is there: the answer has been aborted, nothing more will come. */
  abandon(): void;
}

/** At most `limitBytes` of the answer's body. */
export function collectBody(answer: UpstreamAnswer, limitBytes: number): CollectedBody {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const finish = (): void => resolve(Buffer.concat(pieces).subarray(0, limitBytes));
  answer.receive({
    onData(piece) {
      if (size >= limitBytes) return;
      pieces.push(piece);
      size += piece.byteLength;
      if (size >= limitBytes) finish();
    },
    onEnd: finish,
    onError: finish,
  });
  return { body: promise, abandon: finish };
}
