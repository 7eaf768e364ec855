/** Replays a kept stream at the speed at which it came: by timers, one at a time. */
import type { KeptAnswer } from "../../cache/answer-store.ts";
import type { BodyReceiver, UpstreamAnswer } from "../../providers/upstream/upstream.ts";

export interface PacedReplay extends UpstreamAnswer {
  /** Nothing more is told. */
  stop(): void;
}

/** The pieces of `kept`, each as long after the first one as it came. A pause moves those that are left. */
export function replayAtPace(
  head: UpstreamAnswer["head"],
  { body, pace }: Pick<KeptAnswer, "body" | "pace">,
): PacedReplay {
  let receiver: BodyReceiver | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isPaused = false;
  let next = 0;
  let told = 0;
  const tell = (): void => {
    timer = null;
    const mark = pace[next++];
    // Nothing comes of the last mark's place in the list but the end.
    const end = mark === undefined || next === pace.length ? body.length : mark.bytes;
    if (end > told) receiver?.onData(body.subarray(told, end));
    told = end;
    goOn();
  };
  const goOn = (): void => {
    if (isPaused || timer !== null || receiver === null) return;
    if (told === body.length) {
      const ended = receiver;
      receiver = null;
      ended.onEnd();
      return;
    }
    const sinceLast = (pace[next]?.afterMs ?? 0) - (pace[next - 1]?.afterMs ?? 0);
    timer = setTimeout(tell, Math.max(0, sinceLast));
  };
  return {
    head,
    receive(given) {
      receiver = given;
      tell();
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      goOn();
    },
    stop() {
      receiver = null;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
