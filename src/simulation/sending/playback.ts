/**
 * Plays an answer onto a socket: piece after piece in its time, waiting for a slow reader, ended as told.
 *
 * All playbacks share one timer wheel.
 */
import type { Frame } from "../profile.ts";
import type { Random } from "../random.ts";
import { processTime } from "./timer-wheel.ts";
import type { TimerWheel } from "./timer-wheel.ts";

export interface Piece {
  readonly data: string | Uint8Array;
  /** Time before it goes out, after the piece before it. */
  readonly waitMs: number;
}

/**
 * How an answer ends. `proper`: as HTTP wants it. `close`: the socket is closed. `reset`: with a TCP reset.
 * `silence`: nothing more comes, the socket stays.
 */
export type Ending = "proper" | "close" | "reset" | "silence";

/** Where pieces go: an HTTP answer, or the bare socket under it. */
export interface Sink {
  write(data: string | Uint8Array): boolean;
  /** Calls `run` once when there is room again. */
  onRoom(run: () => void): void;
  finish(ending: Ending): void;
  isGone(): boolean;
}

export interface PlaybackOptions {
  readonly pieces: Iterable<Piece>;
  readonly ending: Ending;
  readonly wheel: TimerWheel;
  /** Every piece in a write of its own, however soon after the one before. */
  readonly isPieceByPiece: boolean;
}

const batchBytes = 64 * 1024;
/** Time for the kernel to hand over what was written before the socket is torn. */
const beforeTearMs = 5;

/** Starts playing; it ends by itself when all is played or the reader is gone. */
export function playAnswer(sink: Sink, options: PlaybackOptions): void {
  new Playback(sink, options).step();
}

class Playback {
  readonly #sink: Sink;
  readonly #options: PlaybackOptions;
  readonly #pieces: Iterator<Piece>;
  #next: IteratorResult<Piece>;
  #dueMs: number;

  constructor(sink: Sink, options: PlaybackOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#pieces = options.pieces[Symbol.iterator]();
    this.#next = this.#pieces.next();
    this.#dueMs = processTime.nowMs() + (this.#next.done === true ? 0 : this.#next.value.waitMs);
  }

  step(): void {
    const sink = this.#sink;
    if (sink.isGone()) return;
    const now = processTime.nowMs();
    let batch = "";
    while (this.#next.done !== true && this.#dueMs <= now) {
      const { data } = this.#next.value;
      this.#advance();
      if (this.#options.isPieceByPiece || typeof data !== "string") {
        // A binary piece never meets a batch: pieces of one answer are all text or all bytes.
        const hasRoom = sink.write(data);
        return this.#continueLater(hasRoom);
      }
      batch += data;
      if (batch.length >= batchBytes) {
        if (!sink.write(batch)) return sink.onRoom(() => this.step());
        batch = "";
      }
    }
    const hasRoom = batch === "" || sink.write(batch);
    if (this.#next.done === true) this.#finish();
    else if (hasRoom) this.#stepWhenDue();
    else sink.onRoom(() => this.step());
  }

  #continueLater(hasRoom: boolean): void {
    if (!hasRoom) this.#sink.onRoom(() => this.step());
    else if (this.#next.done === true) this.#finish();
    else if (this.#dueMs > processTime.nowMs()) this.#stepWhenDue();
    else setImmediate(() => this.step());
  }

  #stepWhenDue(): void {
    this.#options.wheel.schedule(this.#dueMs - processTime.nowMs(), () => this.step());
  }

  #advance(): void {
    this.#next = this.#pieces.next();
    if (this.#next.done !== true) this.#dueMs += this.#next.value.waitMs;
  }

  #finish(): void {
    const { ending, wheel } = this.#options;
    if (ending === "proper") this.#sink.finish(ending);
    else if (ending !== "silence") wheel.schedule(beforeTearMs, () => this.#sink.finish(ending));
  }
}

export interface Pace {
  readonly tokensPerSecond: number | null;
  readonly jitterRatio: number;
}

/** `frames` in the time that their tokens take. */
export function* paceFrames(frames: Iterable<Frame>, pace: Pace, random: Random): Iterable<Piece> {
  const { tokensPerSecond, jitterRatio } = pace;
  for (const { text, tokens } of frames) {
    const evenMs = tokensPerSecond === null ? 0 : (tokens * 1000) / tokensPerSecond;
    yield { data: text, waitMs: evenMs === 0 ? 0 : withJitter(evenMs, jitterRatio, random) };
  }
}

/** `valueMs` more or less by up to `ratio` of it. */
export function withJitter(valueMs: number, ratio: number, random: Random): number {
  return ratio === 0 ? valueMs : valueMs * (1 + ratio * (2 * random() - 1));
}
