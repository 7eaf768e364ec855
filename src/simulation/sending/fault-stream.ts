/** What a fault does to the events of an answer: which still come, what comes in their place, how it ends. */
import type { Fault } from "../behaviour.ts";
import type { Ending, Piece } from "./playback.ts";
import type { Frame } from "../profile.ts";

export interface FaultyFrames {
  readonly frames: Iterable<Frame>;
  readonly ending: Ending;
}

/** `frames` under `fault`. `errorFrame` makes the event for an error of a status after so many frames. */
export function applyFault(
  frames: Iterable<Frame>,
  fault: Fault | null,
  errorFrame: (status: number, framesBefore: number) => Frame,
): FaultyFrames {
  switch (fault?.kind) {
    case "cut":
      return { frames: takeFrames(frames, fault.afterFrames), ending: "close" };
    case "stall":
      return { frames: takeFrames(frames, fault.afterFrames), ending: "silence" };
    case "headers-only":
      return { frames: [], ending: "silence" };
    case "early-end":
      return { frames: takeFrames(frames, fault.afterFrames), ending: "proper" };
    case "reset":
      return { frames: takeFrames(frames, fault.afterFrames ?? 0), ending: "reset" };
    case "error-event":
      return {
        frames: endWith(takeFrames(frames, fault.afterFrames), (count) => errorFrame(fault.status, count)),
        ending: "proper",
      };
    case "malformed":
      return { frames: breakFrame(frames, fault.afterFrames), ending: "proper" };
    case "huge":
      return { frames: growFrames(frames, fault.bytes), ending: "proper" };
    default:
      return { frames, ending: "proper" };
  }
}

function* takeFrames(frames: Iterable<Frame>, count: number): Iterable<Frame> {
  let left = count;
  for (const frame of frames) {
    if (left-- <= 0) return;
    yield frame;
  }
}

function* endWith(frames: Iterable<Frame>, last: (count: number) => Frame): Iterable<Frame> {
  let count = 0;
  for (const frame of frames) {
    yield frame;
    count++;
  }
  yield last(count);
}

/** The frame after the first `count` comes with its JSON broken off. */
function* breakFrame(frames: Iterable<Frame>, count: number): Iterable<Frame> {
  let index = 0;
  for (const frame of frames) {
    if (index++ !== count) yield frame;
    else yield { text: `${frame.text.trimEnd().slice(0, -4)}\n\n`, tokens: frame.tokens };
  }
}

/** The frame in the middle of the answer comes again and again. */
function* growFrames(frames: Iterable<Frame>, bytes: number): Iterable<Frame> {
  const all = [...frames];
  const middle = Math.max(
    0,
    all.findIndex((frame) => frame.tokens > 0),
  );
  yield* all.slice(0, middle + 1);
  const text = all[middle]?.text ?? "";
  const copies = text === "" ? 0 : Math.ceil(bytes / text.length);
  for (let copy = 0; copy < copies; copy++) yield { text, tokens: 0 };
  yield* all.slice(middle + 1);
}

/** The bytes of `text` a few at a time: at most ten writes a second, at least one byte each. */
export function* dripBytes(text: string, bytesPerSecond: number): Iterable<Piece> {
  const bytes = Buffer.from(text);
  const step = Math.max(1, Math.round(bytesPerSecond / 10));
  for (let start = 0; start < bytes.length; start += step) {
    yield { data: bytes.subarray(start, start + step), waitMs: (step * 1000) / bytesPerSecond };
  }
}
